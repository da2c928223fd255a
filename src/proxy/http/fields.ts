import { MessageHead } from './message-head.js';
import {
  bytesMatch,
  COLON,
  CR,
  FIELD_VALUE,
  type FieldRole,
  type FieldRoles,
  isBlank,
  LF,
  Malformed,
  matchesName,
  REQUEST_TRAILER_FIELDS,
  RESPONSE_TRAILER_FIELDS,
  roleOf,
  TOKEN,
  tooManyFields,
  trimBlanks,
} from './syntax.js';

/** Connection may not take these away: a client could hide who it is, or change where the message ends. */
const NEVER_NOMINATED = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'cf-connecting-ip',
  'x-forwarded-for',
  'x-forwarded-proto',
  'cookie',
  'authorization',
]);

const MAX_LENGTH_DIGITS = 15;

/** Takes the value that stands in `bytes` from `start` to `end`, without blanks around it. */
type TakeField<Head> = (head: Head, role: FieldRole, bytes: Buffer, start: number, end: number) => void;

/**
 * Reads the field lines in `bytes` from `start` to `end`, which are those that `head` was made with. Fields with a role are taken out,
 * their values go to `take` unless the role is `drop`; the proxy writes them anew from what was understood. Refused are: an empty
 * name, folded lines, CR, LF, NUL or other controls inside a value, and more than `fieldCount` fields. Blanks before the colon are
 * refused or removed, as `roles` says.
 */
export function readFields<Head extends MessageHead>(
  bytes: Buffer,
  start: number,
  end: number,
  roles: FieldRoles,
  fieldCount: number,
  head: Head,
  take: TakeField<Head>,
): void {
  let at = start;
  let keptFrom = start;
  let count = 0;
  while (at < end) {
    const lineStart = at;
    while (TOKEN[bytes[at]!] === 1) at++;
    const nameEnd = at;
    if (roles.removesBlanks) while (isBlank(bytes[at]!)) at++;
    if (nameEnd === lineStart || bytes[at] !== COLON || at >= end) throw badFieldName(bytes, lineStart, end);
    const colon = at++;
    while (isBlank(bytes[at]!)) at++;
    const valueStart = at;
    while (FIELD_VALUE[bytes[at]!] === 1) at++;
    if (bytes[at] !== CR || bytes[at + 1] !== LF || at + 1 >= end) {
      const name = bytes.toString('latin1', lineStart, nameEnd);
      throw new Malformed(400, `the value of ${name} has a control character`);
    }
    if (++count > fieldCount) throw tooManyFields(fieldCount);
    const valueEnd = at;
    at += 2;
    const role = roleOf(roles, bytes, lineStart, nameEnd);
    if (role === undefined) {
      if (colon === nameEnd) continue;
      head.passOn(keptFrom, nameEnd);
      keptFrom = colon;
      continue;
    }
    if (role !== 'drop') take(head, role, bytes, valueStart, lastNotBlank(bytes, valueStart, valueEnd));
    if (lineStart > keptFrom) head.passOn(keptFrom, lineStart);
    keptFrom = at;
  }
  if (keptFrom < at) head.passOn(keptFrom, at);
  if (head.nominated !== null) head.passedOn = withoutFields(head.passedOn, new Set(head.nominated));
}

function lastNotBlank(bytes: Buffer, start: number, end: number): number {
  let last = end;
  while (last > start && isBlank(bytes[last - 1]!)) last--;
  return last;
}

function badFieldName(bytes: Buffer, at: number, end: number): Malformed {
  const line = bytes.toString('latin1', at, Math.min(at + 20, end));
  return new Malformed(400, `not a field name followed by a colon: ${JSON.stringify(line)}`);
}

const KEEP_ALIVE = Buffer.from('keep-alive');
const CLOSE = Buffer.from('close');

/** The fields that mean the same in requests and responses. */
export function takeMessageField(
  head: MessageHead,
  role: FieldRole,
  bytes: Buffer,
  start: number,
  end: number,
): void {
  switch (role) {
    case 'content_length':
      if (head.contentLength !== null) throw new Malformed(400, 'more than one Content-Length');
      head.contentLength = contentLength(bytes, start, end);
      break;
    case 'transfer_encoding': {
      const value = bytes.toString('latin1', start, end);
      if (value === '') throw new Malformed(400, 'Transfer-Encoding is empty');
      // A second field would make a list: only one single coding is understood.
      if (head.chunked || value.toLowerCase() !== 'chunked') {
        throw new Malformed(
          501,
          `Transfer-Encoding is ${JSON.stringify(value)}, only "chunked" is supported`,
        );
      }
      head.chunked = true;
      break;
    }
    case 'connection':
      // The two values that nearly every message has.
      if (isValue(KEEP_ALIVE, bytes, start, end)) head.keepAlive = true;
      else if (isValue(CLOSE, bytes, start, end)) head.close = true;
      else takeConnection(head, bytes.toString('latin1', start, end));
      break;
    case 'upgrade':
      head.upgrade = bytes.toString('latin1', start, end).toLowerCase();
      break;
    default:
      break;
  }
}

const isValue = (value: Uint8Array, bytes: Buffer, start: number, end: number) =>
  end - start === value.length && bytesMatch(bytes, start, value);

function contentLength(bytes: Buffer, start: number, end: number): number {
  let length = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - 48;
    if (digit < 0 || digit > 9) length = Number.NaN;
    length = length * 10 + digit;
  }
  if (end === start || end - start > MAX_LENGTH_DIGITS || Number.isNaN(length)) {
    const value = bytes.toString('latin1', start, end);
    throw new Malformed(
      400,
      `Content-Length is ${JSON.stringify(value)}, not 1 to ${MAX_LENGTH_DIGITS} digits`,
    );
  }
  return length;
}

function takeConnection(head: MessageHead, value: string): void {
  for (const option of value.split(',')) takeConnectionOption(head, trimBlanks(option).toLowerCase());
}

function takeConnectionOption(head: MessageHead, option: string): void {
  if (option === 'close') head.close = true;
  else if (option === 'keep-alive') head.keepAlive = true;
  else if (option === 'upgrade') head.connectionUpgrade = true;
  else if (option !== '' && !NEVER_NOMINATED.has(option)) {
    head.nominated ??= [];
    head.nominated.push(option);
  }
}

/** The lines whose field has none of these lower-case names. */
export function withoutFields(lines: string, names: ReadonlySet<string>): string {
  const stays = (line: string) => !names.has(line.slice(0, line.indexOf(':')).toLowerCase());
  return lines
    .split('\r\n')
    .filter((line) => line !== '' && stays(line))
    .map((line) => `${line}\r\n`)
    .join('');
}

/** The framing that both kinds of message share: a message with two ways to find its end is refused. */
export function checkFraming(head: MessageHead, minorVersion: 0 | 1): void {
  if (!head.chunked) return;
  if (head.contentLength !== null) throw new Malformed(400, 'both Content-Length and Transfer-Encoding');
  if (minorVersion === 0) throw new Malformed(400, 'Transfer-Encoding in HTTP/1.0');
}

/** The values of the fields with this lower-case name, in order. One pass over the lines. */
export function fieldValues(lines: string, name: string): string[] {
  const values: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const end = lines.indexOf('\r\n', at);
    if (lines.charCodeAt(at + name.length) === 58 && matchesName(lines, at, name)) {
      values.push(trimBlanks(lines, at + name.length + 1, end));
    }
    at = end + 2;
  }
  return values;
}

const MAX_TRAILER_FIELDS = 64;

/** What goes on of the trailer lines of a message, each with its CRLF. Throws Malformed. */
export type TrailerReader = (lines: string) => string;

/**
 * Those of a response. Fields that would change the framing, the routing or the meaning of a message that has already been
 * acted upon are left out (RFC 9110 section 6.5.1).
 */
export const responseTrailers: TrailerReader = (lines) => read(lines, RESPONSE_TRAILER_FIELDS, () => {});

/** For who does not want them: they are checked all the same. */
export const noTrailers: TrailerReader = (lines) => {
  read(lines, RESPONSE_TRAILER_FIELDS, () => {});
  return '';
};

/** Those of a request are left out. One about framing or routing is a sign of an attack, as Node's parser has it too. */
export const requestTrailers: TrailerReader = (lines) => {
  read(lines, REQUEST_TRAILER_FIELDS, (_, role) => {
    const name = NOT_IN_REQUESTS[role];
    if (name) throw new Malformed(400, `${name} stands behind the body, where it means nothing`);
  });
  return '';
};

const NOT_IN_REQUESTS: Partial<Record<FieldRole, string>> = {
  content_length: 'Content-Length',
  transfer_encoding: 'Transfer-Encoding',
  host: 'Host',
};

function read(lines: string, roles: FieldRoles, take: TakeField<MessageHead>): string {
  const bytes = Buffer.from(lines, 'latin1');
  const fields = new MessageHead(bytes);
  readFields(bytes, 0, bytes.length, roles, MAX_TRAILER_FIELDS, fields, take);
  return fields.passedOn;
}
