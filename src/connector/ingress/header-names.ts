import { CONNECTION_FIELDS } from '../../tunnel/h2/headers.js';

/** `content-type` as `Content-Type`: the form that header names have in Go's HTTP/1.1, and so in cloudflared. */
export const canonicalName = remembered((name) =>
  name.toLowerCase().replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase()),
);

/** About one connection and not about the message, so that they end here. HTTP/2 has none of them. */
export const isHopByHop = (name: string): boolean => CONNECTION_FIELDS.has(name);

/** What strangers may make us remember. */
const MAX_NAMES = 1_000;
const MAX_NAME_LENGTH = 64;

/** `spell`, which is asked once for each of the first names: nearly all messages have the same few. */
export function remembered(spell: (name: string) => string): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const spelled = spell(name);
    if (known.size < MAX_NAMES && name.length <= MAX_NAME_LENGTH) known.set(name, spelled);
    return spelled;
  };
}
