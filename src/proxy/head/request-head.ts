import { canonicalHost } from '../../net/host.js';
import { isCheckWithoutHost } from '../load-balancer-check.js';
import { CR, LF, SPACE, TARGET, TOKEN } from './characters.js';
import { type FieldRole, REQUEST_FIELDS } from './field-roles.js';
import { checkFraming, type MessageFields, readFields, takeMessageField } from './fields.js';
import { Malformed } from './malformed.js';
import { readAuthority, readTarget } from './request-target.js';

/** One request as understood; nothing of the head's bytes is used after this. */
export interface RequestHead extends MessageFields {
  readonly method: string;
  readonly minorVersion: 0 | 1;
  /** `/path?query` or `*`. */
  target: string;
  /** The Host field, or the authority of an absolute target: the host in canonical form, with the port that was named. */
  authority: string;
  /** For look-ups: canonical, without port. */
  host: string;
  expectContinue: boolean;
  /** A gRPC call: it goes to the origin over HTTP/2. */
  grpc: boolean;
  /** TE said that trailers are understood. */
  takesTrailers: boolean;
  /** All X-Forwarded-For values, joined. */
  forwardedFor: string;
  /** What the last X-Forwarded-Proto says, if it is one of these: of no meaning unless a trusted proxy has sent it. */
  forwardedProto: 'http' | 'https' | null;
  /** All CDN-Loop values, joined. */
  cdnLoop: string;
}

const TRAILERS = /(?:^|,)[ \t]*trailers[ \t]*(?:,|$)/i;
const MAX_METHOD_LENGTH = 32;
const VERSION_LENGTH = 'HTTP/1.1'.length;

/**
 * The head in `text`: request line and field lines, each with its CRLF, without the blank line.
 * `healthPath`: see `isCheckWithoutHost`; such a request has an empty authority. Throws Malformed with the status that the
 * client shall get.
 */
export function readRequestHead(
  text: string,
  fieldCount: number,
  healthPath: string | null = null,
): RequestHead {
  let at = 0;
  while (TOKEN[text.charCodeAt(at)] === 1) at++;
  if (at === 0 || at > MAX_METHOD_LENGTH || text.charCodeAt(at) !== SPACE) {
    throw new Malformed(400, 'the request does not start with a method and one space');
  }
  const method = text.slice(0, at);
  const targetStart = ++at;
  while (TARGET[text.charCodeAt(at)] === 1) at++;
  if (at === targetStart || text.charCodeAt(at) !== SPACE) {
    throw new Malformed(400, 'the request target is empty, has an illegal character, or no version follows');
  }
  const target = text.slice(targetStart, at);
  const minorVersion = readVersion(text, ++at);
  const head = emptyHead(method, minorVersion);
  readFields(text, at + VERSION_LENGTH + 2, REQUEST_FIELDS, fieldCount, head, takeRequestField);
  checkFraming(head, minorVersion);
  takeTarget(head, target, healthPath);
  return head;
}

/** What a head says first, for the log: one that is too large is not read as a whole. `text` may end anywhere. */
export function beginningOf(text: string): Pick<RequestHead, 'method' | 'target' | 'host'> {
  const [, method = '', target = ''] = /^([^ \r\n]{1,32}) ([^ \r\n]{0,1024})/.exec(text) ?? [];
  const [, authority = ''] = /\r\nhost:[ \t]*([^\r\n]{1,261})\r\n/i.exec(text) ?? [];
  return { method, target, host: canonicalHost(authority.replace(/:\d*$/, '')) };
}

function readVersion(text: string, at: number): 0 | 1 {
  const minor = text.charCodeAt(at + VERSION_LENGTH - 1) - 48;
  const lineEnds =
    text.charCodeAt(at + VERSION_LENGTH) === CR && text.charCodeAt(at + VERSION_LENGTH + 1) === LF;
  if (!text.startsWith('HTTP/', at) || !lineEnds) {
    throw new Malformed(400, 'the request line does not end with one space and the version');
  }
  if (!text.startsWith('1.', at + 5) || (minor !== 0 && minor !== 1)) {
    throw new Malformed(
      505,
      `the version is ${text.slice(at, at + VERSION_LENGTH)}, not HTTP/1.0 or HTTP/1.1`,
    );
  }
  return minor;
}

function emptyHead(method: string, minorVersion: 0 | 1): RequestHead {
  return {
    method,
    minorVersion,
    target: '',
    authority: '',
    host: '',
    expectContinue: false,
    grpc: false,
    takesTrailers: false,
    forwardedFor: '',
    forwardedProto: null,
    cdnLoop: '',
    contentLength: null,
    chunked: false,
    close: false,
    keepAlive: false,
    connectionUpgrade: false,
    upgrade: '',
    nominated: null,
    passedOn: '',
  };
}

function takeRequestField(head: RequestHead, role: FieldRole, value: string): void {
  switch (role) {
    case 'host':
      if (head.authority !== '') throw new Malformed(400, 'more than one Host');
      if (value === '') throw new Malformed(400, 'the Host is empty');
      head.authority = value;
      break;
    case 'expect':
      if (value.toLowerCase() !== '100-continue') {
        throw new Malformed(417, `Expect is ${JSON.stringify(value)}, only "100-continue" can be met`);
      }
      head.expectContinue = head.minorVersion === 1;
      break;
    case 'te':
      if (TRAILERS.test(value)) head.takesTrailers = head.minorVersion === 1;
      break;
    case 'forwarded_for':
      head.forwardedFor = joined(head.forwardedFor, value);
      break;
    case 'forwarded_proto': {
      const last = value
        .slice(value.lastIndexOf(',') + 1)
        .trim()
        .toLowerCase();
      head.forwardedProto = last === 'http' || last === 'https' ? last : null;
      break;
    }
    case 'cdn_loop':
      head.cdnLoop = joined(head.cdnLoop, value);
      break;
    default:
      takeMessageField(head, role, value);
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
