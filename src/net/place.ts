/** Where a request is served, for steering by location. */
export interface Place {
  /** Code of the data centre, such as `SJC`. */
  readonly pop: string;
  /** ISO 3166-1 alpha-2; `XX` when it is not known. */
  readonly country: string;
  /** One of Cloudflare's 13 region codes; '' when it is not known. */
  readonly region: string;
  /** Degrees; both or none. */
  readonly latitude: number | null;
  readonly longitude: number | null;
}

export const NOWHERE: Place = { pop: 'LOC', country: 'XX', region: '', latitude: null, longitude: null };

const CODE = /^[A-Z0-9]{2,8}$/;
const MEMBERS = {
  pop: (place, value) => (CODE.test(value) ? { ...place, pop: value } : null),
  country: (place, value) => (/^[A-Z]{2}$/.test(value) ? { ...place, country: value } : null),
  region: (place, value) => (/^[A-Z]{2,4}$/.test(value) ? { ...place, region: value } : null),
  at: (place, value) => {
    const at = coordinates(value);
    return at && { ...place, ...at };
  },
} satisfies Record<string, (place: Place, value: string) => Place | null>;

/**
 * What `text` says of a place, the rest as in `home`: `pop=SJC;country=US;region=WNAM;at=37.4,-121.9`, each member optional.
 * Null when it cannot be read.
 */
export function parsePlace(text: string, home: Place): Place | null {
  let place: Place = home;
  for (const member of text.split(';')) {
    const [name = '', value = ''] = member.trim().split('=');
    if (!Object.hasOwn(MEMBERS, name)) return null;
    const next = MEMBERS[name as keyof typeof MEMBERS](place, value.trim());
    if (next === null) return null;
    place = next;
  }
  return place;
}

/** `37.4,-121.9`: latitude and longitude in degrees. Null when it is anything else. */
export function coordinates(text: string): { latitude: number; longitude: number } | null {
  const match = /^(-?\d{1,2}(?:\.\d{1,9})?),(-?\d{1,3}(?:\.\d{1,9})?)$/.exec(text);
  if (!match) return null;
  const [latitude, longitude] = [Number(match[1]), Number(match[2])];
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? { latitude, longitude } : null;
}
