import { formatIpPort, parseIpPort } from './destination.js';

/** From an `ip:port` as the edge asks for it to the `host:port` that is dialled in its place. */
export type AddressMap = ReadonlyMap<string, string>;

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Reads `10.0.0.1:80=127.0.0.1:9001`, `[fd00::1]:80=localhost:9001`. Throws what is wrong, and with which entry. */
export function parseMap(entries: readonly string[]): AddressMap {
  const map = new Map<string, string>();
  for (const entry of entries) {
    const [from, to, ...rest] = entry.split('=');
    const source = parseIpPort(from ?? '');
    if (!source || to === undefined || rest.length > 0) {
      throw new Error(`invalid mapping "${entry}": it must be <ip>:<port>=<host>:<port>`);
    }
    if (!parseHostPort(to)) throw new Error(`invalid mapping "${entry}": "${to}" is not <host>:<port>`);
    const key = formatIpPort(source);
    if (map.has(key))
      throw new Error(`invalid mapping "${entry}": ${key} is mapped already, to ${map.get(key)}`);
    map.set(key, to);
  }
  return map;
}

/** `localhost:80`, `127.0.0.1:80` or `[::1]:80`; null for anything else. */
export function parseHostPort(text: string): HostPort | null {
  const ip = parseIpPort(text);
  if (ip) return ip;
  const match = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  // Digits and dots alone are an address with a mistake in it, not a name.
  if (!match || /^[\d.]+$/.test(match[1]!) || port < 1 || port > 65_535) return null;
  return { host: match[1]!, port };
}
