import { canonicalHost } from '../../net/hostnames.js';
import { AUTHORITY, everyCharacter } from './characters.js';
import { Malformed } from './malformed.js';

export interface RequestTarget {
  /** What goes to the origin: `/path?query`, or `*`. */
  readonly forwarded: string;
  /** `host[:port]` of an absolute target, which then counts instead of the Host field. */
  readonly authority: string | null;
}

const FRAGMENT_OR_RAW = /[#\x80-\xff]/;
const RAW_BYTES = /[\x80-\xff]/g;
const ABSOLUTE = /^https?:\/\/([^/?]*)(.*)$/i;

/**
 * The origin form, the asterisk of OPTIONS, or the absolute form, which is turned into the origin form. What clients should
 * not have sent so is put right: a fragment is dropped, and raw bytes above ASCII (latin1 here) are percent-encoded.
 */
export function readTarget(method: string, given: string): RequestTarget {
  const target = FRAGMENT_OR_RAW.test(given) ? encoded(given) : given;
  // Whatever its target: an origin that took it up would read the next client's request as tunnelled bytes.
  if (method === 'CONNECT') throw new Malformed(400, 'CONNECT is not served');
  if (target.charCodeAt(0) === 47) return { forwarded: target, authority: null };
  if (target === '*' && method === 'OPTIONS') return { forwarded: target, authority: null };
  const absolute = ABSOLUTE.exec(target);
  if (!absolute) {
    throw new Malformed(400, `the request target ${JSON.stringify(target.slice(0, 80))} is not a path`);
  }
  // A copy: a piece of a text keeps the whole of it in memory, and the log keeps the path.
  const path = Buffer.from(pathOf(method, absolute[2]!), 'latin1').toString('latin1');
  return { forwarded: path, authority: absolute[1]! };
}

function encoded(target: string): string {
  const fragment = target.indexOf('#');
  return (fragment < 0 ? target : target.slice(0, fragment)).replace(RAW_BYTES, percentEncoded);
}

function percentEncoded(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16).toUpperCase()}`;
}

function pathOf(method: string, rest: string): string {
  if (rest === '') return method === 'OPTIONS' ? '*' : '/';
  return rest.startsWith('/') ? rest : `/${rest}`;
}

export interface ReadAuthority {
  /** For look-ups: canonical, without port. */
  readonly host: string;
  /** `host[:port]` as it goes to the origin: the host canonical, since connectors compare it by its characters. */
  readonly authority: string;
}

/** Most requests name one of a few hosts; when there are more, all are forgotten. */
const MAX_KNOWN = 256;
const known = new Map<string, ReadAuthority>();

/** Takes `host[:port]` apart. Throws Malformed. */
export function readAuthority(authority: string): ReadAuthority {
  const before = known.get(authority);
  if (before !== undefined) return before;
  const read = takeApart(authority);
  if (known.size === MAX_KNOWN) known.clear();
  known.set(authority, read);
  return read;
}

function takeApart(authority: string): ReadAuthority {
  if (authority.length > 261 || !everyCharacter(authority, AUTHORITY)) throw badHost(authority);
  const bracket = authority.startsWith('[') ? authority.indexOf(']') : -1;
  const colon = authority.indexOf(':', bracket + 1);
  const port = colon < 0 ? '' : authority.slice(colon + 1);
  const name = colon < 0 ? authority : authority.slice(0, colon);
  const bracketed = bracket >= 0 ? bracket === name.length - 1 : !/[[\]]/.test(name);
  if (name === '' || !bracketed || !/^\d{0,5}$/.test(port)) throw badHost(authority);
  const host = canonicalHost(name);
  if (host === '') throw badHost(authority);
  return { host, authority: port === '' ? host : `${host}:${port}` };
}

function badHost(authority: string): Malformed {
  return new Malformed(
    400,
    `${JSON.stringify(authority.slice(0, 80))} is not a host name with an optional port`,
  );
}
