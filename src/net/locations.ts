import { type Cidr, createPrefixMap, parseCidr, parseIp } from './addresses.js';

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

/** What is known of where an address is. */
export type Location = Pick<Place, 'country' | 'region' | 'latitude' | 'longitude'>;

/** One line of a locations file. */
export interface LocatedNetwork {
  readonly network: Cidr;
  readonly location: Location;
}

export interface Locations {
  /** By the longest network that covers the address; null when none does, or when it is no address. */
  lookup(ip: string): Location | null;
}

const COLUMNS = 'network,country,region,latitude,longitude';
const MAX_LINES = 1_000_000;

/**
 * Reads a table of networks, one in each line: `192.0.2.0/24,DE,WEU,52.5,13.4`. Country, region and coordinates may be
 * empty. Blank lines, lines that begin with `#` and a first line with the names of the columns are passed over. Throws an
 * Error that names the line and what is wrong in it.
 */
export function parseLocations(text: string): LocatedNetwork[] {
  const lines = text.split(/\r?\n/);
  if (lines.length > MAX_LINES) throw new Error(`it has more than ${MAX_LINES} lines`);
  const firstLineOf = new Map<string, number>();
  const networks: LocatedNetwork[] = [];
  lines.forEach((line, index) => {
    const trimmed = line.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return;
    if (index === 0 && trimmed.toLowerCase() === COLUMNS) return;
    const located = parseLine(trimmed, index + 1);
    const { text: network } = located.network;
    const before = firstLineOf.get(network);
    if (before !== undefined) throw atLine(index + 1, `${network} stands in line ${before} already`);
    firstLineOf.set(network, index + 1);
    networks.push(located);
  });
  return networks;
}

function parseLine(line: string, number: number): LocatedNetwork {
  const columns = line.split(',').map((column) => column.trim());
  if (columns.length !== 5) {
    throw atLine(number, `it has ${columns.length} columns; it takes 5: ${COLUMNS}`);
  }
  const [networkText, country, region, latitude, longitude] = columns as [
    string,
    string,
    string,
    string,
    string,
  ];
  const network = parseCidr(networkText);
  if (!network || network.hadHostBits) {
    const right = network ? network.text : 'a network such as 192.0.2.0/24 or 2001:db8::/32';
    throw atLine(number, `the network is "${networkText}"; it takes ${right}`);
  }
  if (!/^([A-Z]{2})?$/.test(country)) {
    throw atLine(number, `the country is "${country}"; it takes two capital letters, or nothing`);
  }
  if (!/^([A-Z]{2,4})?$/.test(region)) {
    throw atLine(number, `the region is "${region}"; it takes a region code such as WEU, or nothing`);
  }
  const at = latitude + longitude === '' ? NO_COORDINATES : coordinates(`${latitude},${longitude}`);
  if (!at) {
    const given = `"${latitude}" and "${longitude}"`;
    throw atLine(number, `latitude and longitude are ${given}; they take degrees such as 52.5 and 13.4`);
  }
  return { network, location: { country: country || 'XX', region, ...at } };
}

const NO_COORDINATES = { latitude: null, longitude: null };

const atLine = (number: number, what: string) => new Error(`line ${number}: ${what}`);

export function createLocations(networks: readonly LocatedNetwork[]): Locations {
  const byNetwork = createPrefixMap<Location>();
  for (const { network, location } of networks) byNetwork.set(network, location);
  return {
    lookup(text) {
      if (networks.length === 0) return null;
      const ip = parseIp(text);
      return (ip && byNetwork.lookup(ip)) ?? null;
    },
  };
}

/** `home` as a proxied request sees it: served there, and sent from the country of its client where that is known. */
export function placeFrom(home: Place, location: Location | null): Place {
  if (location === null || location.country === 'XX') return home;
  return { ...home, country: location.country };
}
