import { canonicalHost } from '../../net/hostnames.js';
import { checkFraming, readFields, takeMessageField } from './fields.js';
import { MessageHead } from './message-head.js';
import {
  AUTHORITY,
  CR,
  everyCharacter,
  type FieldRole,
  LF,
  Malformed,
  REQUEST_FIELDS,
  SPACE,
  TARGET,
  TOKEN,
} from './syntax.js';

/** One request as understood. What it was read from stays as it is for as long as its fields are asked for. */
export class RequestHead extends MessageHead {
  /** `/path?query` or `*`. */
  target = '';
  /** The Host field, or the authority of an absolute target: the host in canonical form, with the port that was named. */
  authority = '';
  /** For look-ups: canonical, without port. */
  host = '';
  expectContinue = false;
  /** A gRPC call: it goes to the origin over HTTP/2. */
  grpc = false;
  /** TE said that trailers are understood. */
  takesTrailers = false;
  /** All X-Forwarded-For values, joined. */
  forwardedFor = '';
  /** What the last X-Forwarded-Proto says, if it is one of these: of no meaning unless a trusted proxy has sent it. */
  forwardedProto: 'http' | 'https' | null = null;
  /** All CDN-Loop values, joined. */
  cdnLoop = '';

  constructor(
    readonly method: string,
    readonly minorVersion: 0 | 1,
    bytes?: Buffer,
  ) {
    super(bytes);
  }
}

const TRAILERS = /(?:^|,)[ \t]*trailers[ \t]*(?:,|$)/i;
const MAX_METHOD_LENGTH = 32;
const VERSION = Buffer.from('HTTP/1.1');
const HTTP = Buffer.from('HTTP/');
const ONE = Buffer.from('1.');

/** The position of the minor version in it. */
const MINOR = VERSION.length - 1;
const GET = Buffer.from('GET ');

/**
 * The head in the first `end` bytes, or in latin1 text: request line and field lines, each with its CRLF, without the blank line.
 * `healthPath`: see `isCheckWithoutHost`; such a request has an empty authority. Throws Malformed with the status that the
 * client shall get.
 */
export function readRequestHead(
  given: Buffer | string,
  fieldCount: number,
  healthPath: string | null = null,
  end = given.length,
): RequestHead {
  const bytes = typeof given === 'string' ? Buffer.from(given, 'latin1') : given;
  let at = 0;
  while (TOKEN[bytes[at]!] === 1) at++;
  if (at === 0 || at > MAX_METHOD_LENGTH || bytes[at] !== SPACE) {
    throw new Malformed(400, 'the request does not start with a method and one space');
  }
  const method = startsWith(bytes, 0, GET) ? 'GET' : bytes.toString('latin1', 0, at);
  const targetStart = ++at;
  while (TARGET[bytes[at]!] === 1) at++;
  if (at === targetStart || bytes[at] !== SPACE) {
    throw new Malformed(400, 'the request target is empty, has an illegal character, or no version follows');
  }
  const target = bytes.toString('latin1', targetStart, at);
  const minorVersion = readVersion(bytes, ++at);
  const head = new RequestHead(method, minorVersion, bytes);
  readFields(bytes, at + VERSION.length + 2, end, REQUEST_FIELDS, fieldCount, head, takeRequestField);
  checkFraming(head, minorVersion);
  takeTarget(head, target, healthPath);
  return head;
}

function startsWith(bytes: Uint8Array, at: number, what: Uint8Array): boolean {
  for (let i = 0; i < what.length; i++) if (bytes[at + i] !== what[i]) return false;
  return true;
}

/** What a head says first, for the log: one that is too large is not read as a whole. `text` may end anywhere. */
export function beginningOf(text: string): Pick<RequestHead, 'method' | 'target' | 'host'> {
  const [, method = '', target = ''] = /^([^ \r\n]{1,32}) ([^ \r\n]{0,1024})/.exec(text) ?? [];
  const [, authority = ''] = /\r\nhost:[ \t]*([^\r\n]{1,261})\r\n/i.exec(text) ?? [];
  return { method, target, host: canonicalHost(authority.replace(/:\d*$/, '')) };
}

function readVersion(bytes: Buffer, at: number): 0 | 1 {
  const minor = bytes[at + MINOR]! - 48;
  const lineEnds = bytes[at + VERSION.length] === CR && bytes[at + VERSION.length + 1] === LF;
  if (!startsWith(bytes, at, HTTP) || !lineEnds) {
    throw new Malformed(400, 'the request line does not end with one space and the version');
  }
  if (!startsWith(bytes, at + HTTP.length, ONE) || (minor !== 0 && minor !== 1)) {
    const version = bytes.toString('latin1', at, at + VERSION.length);
    throw new Malformed(505, `the version is ${version}, not HTTP/1.0 or HTTP/1.1`);
  }
  return minor;
}

function takeRequestField(
  head: RequestHead,
  role: FieldRole,
  bytes: Buffer,
  start: number,
  end: number,
): void {
  switch (role) {
    case 'host':
      if (head.authority !== '') throw new Malformed(400, 'more than one Host');
      if (start === end) throw new Malformed(400, 'the Host is empty');
      head.authority = bytes.toString('latin1', start, end);
      break;
    case 'expect': {
      const value = bytes.toString('latin1', start, end);
      if (value.toLowerCase() !== '100-continue') {
        throw new Malformed(417, `Expect is ${JSON.stringify(value)}, only "100-continue" can be met`);
      }
      head.expectContinue = head.minorVersion === 1;
      break;
    }
    case 'te':
      if (TRAILERS.test(bytes.toString('latin1', start, end))) head.takesTrailers = head.minorVersion === 1;
      break;
    case 'forwarded_for':
      head.forwardedFor = joined(head.forwardedFor, bytes.toString('latin1', start, end));
      break;
    case 'forwarded_proto': {
      const value = bytes.toString('latin1', start, end);
      const last = value
        .slice(value.lastIndexOf(',') + 1)
        .trim()
        .toLowerCase();
      head.forwardedProto = last === 'http' || last === 'https' ? last : null;
      break;
    }
    case 'cdn_loop':
      head.cdnLoop = joined(head.cdnLoop, bytes.toString('latin1', start, end));
      break;
    default:
      takeMessageField(head, role, bytes, start, end);
  }
}

function joined(list: string, value: string): string {
  return list === '' ? value : `${list}, ${value}`;
}

function takeTarget(head: RequestHead, target: string, healthPath: string | null): void {
  if (head.authority === '') {
    head.target = target;
    if (isCheckWithoutHost(head, healthPath)) return;
    throw new Malformed(400, 'there is no Host');
  }
  // Also when it does not count: a Host that cannot be read is a sign of an attack.
  takeAuthority(head, head.authority);
  const { forwarded, authority } = readTarget(head.method, target);
  head.target = forwarded;
  if (authority !== null) takeAuthority(head, authority);
}

function takeAuthority(head: RequestHead, text: string): void {
  const { host, authority } = readAuthority(text);
  head.host = host;
  head.authority = authority;
}

/** Whether the client lets its connection be used again. */
export function keepsAlive(head: RequestHead): boolean {
  return head.minorVersion === 1 ? !head.close : head.keepAlive && !head.close;
}

/** Only WebSocket is passed on; any other Upgrade is dropped and the request served as if it were not there. */
export function wantsWebSocket(head: RequestHead): boolean {
  return (
    head.upgrade === 'websocket' &&
    head.connectionUpgrade &&
    head.method === 'GET' &&
    head.minorVersion === 1 &&
    !head.chunked &&
    !head.contentLength
  );
}
interface Checked {
  readonly method: string;
  readonly target: string;
  readonly minorVersion: 0 | 1;
}

/** How a load balancer in front asks whether this proxy is there: a path that is answered whatever host a request names. */
export function isCheck({ method, target }: Checked, healthPath: string | null): boolean {
  if (healthPath === null || (method !== 'GET' && method !== 'HEAD')) return false;
  return target === healthPath || target.startsWith(`${healthPath}?`);
}

/**
 * Checks of HTTP/1.0 may do without a Host: HAProxy's `option httpchk` asks `OPTIONS / HTTP/1.0` when it is told nothing
 * else, and with a path `GET path HTTP/1.0`.
 */
function isCheckWithoutHost(request: Checked, healthPath: string | null): boolean {
  if (healthPath === null || request.minorVersion !== 0) return false;
  return (request.method === 'OPTIONS' && request.target === '/') || isCheck(request, healthPath);
}

interface RequestTarget {
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
function readTarget(method: string, given: string): RequestTarget {
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

interface ReadAuthority {
  /** For look-ups: canonical, without port. */
  readonly host: string;
  /** `host[:port]` as it goes to the origin: the host canonical, since connectors compare it by its characters. */
  readonly authority: string;
}

/** Most requests name one of a few hosts; when there are more, all are forgotten. */
const MAX_KNOWN = 256;
const known = new Map<string, ReadAuthority>();

/** Takes `host[:port]` apart. Throws Malformed. */
function readAuthority(authority: string): ReadAuthority {
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
