import { COLON, CR, FIELD_VALUE, isBlank, LF, TOKEN, trimBlanks } from './characters.js';
import { type FieldRole, type FieldRoles, roleOf } from './field-roles.js';
import { Malformed, tooManyFields } from './malformed.js';

/** What the framing and connection fields of a head said. */
export interface MessageFields {
  /** Null when there is no Content-Length. */
  contentLength: number | null;
  chunked: boolean;
  /** Connection had `close`. */
  close: boolean;
  /** Connection had `keep-alive`. */
  keepAlive: boolean;
  /** Connection had `upgrade`. */
  connectionUpgrade: boolean;
  /** The Upgrade field, lower case; empty without one. */
  upgrade: string;
  /** Other names that Connection listed, lower case: fields for one hop only. */
  nominated: string[] | null;
  /** The fields without a role as they came, each checked, each line with its CRLF. */
  passedOn: string;
}

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

/**
 * Reads the field lines of `text` from `at` to its end. Fields with a role are taken out, their values go to `take`
 * unless the role is `drop`; the proxy writes them anew from what was understood. Refused are: an empty name, folded lines,
 * CR, LF, NUL or other controls inside a value, and more than `fieldCount` fields. Blanks before the colon are refused or
 * removed, as `roles` says.
 */
export function readFields<Head extends MessageFields>(
  text: string,
  start: number,
  roles: FieldRoles,
  fieldCount: number,
  head: Head,
  take: (head: Head, role: FieldRole, value: string) => void,
): void {
  let at = start;
  let keptFrom = start;
  let count = 0;
  while (at < text.length) {
    const lineStart = at;
    while (TOKEN[text.charCodeAt(at)] === 1) at++;
    const nameEnd = at;
    if (roles.removesBlanks) while (isBlank(text.charCodeAt(at))) at++;
    if (nameEnd === lineStart || text.charCodeAt(at) !== COLON) throw badFieldName(text, lineStart);
    const colon = at++;
    while (isBlank(text.charCodeAt(at))) at++;
    const valueStart = at;
    while (FIELD_VALUE[text.charCodeAt(at)] === 1) at++;
    if (text.charCodeAt(at) !== CR || text.charCodeAt(at + 1) !== LF) {
      throw new Malformed(400, `the value of ${text.slice(lineStart, nameEnd)} has a control character`);
    }
    if (++count > fieldCount) throw tooManyFields(fieldCount);
    const valueEnd = at;
    at += 2;
    const role = roleOf(roles, text, lineStart, nameEnd);
    if (role === undefined) {
      if (colon === nameEnd) continue;
      head.passedOn += text.slice(keptFrom, nameEnd);
      keptFrom = colon;
      continue;
    }
    if (role !== 'drop') take(head, role, trimBlanks(text, valueStart, valueEnd));
    if (lineStart > keptFrom) head.passedOn += text.slice(keptFrom, lineStart);
    keptFrom = at;
  }
  if (keptFrom < at) head.passedOn += text.slice(keptFrom, at);
  if (head.nominated !== null) head.passedOn = withoutFields(head.passedOn, new Set(head.nominated));
}

function badFieldName(text: string, at: number): Malformed {
  const line = text.slice(at, at + 20);
  return new Malformed(400, `not a field name followed by a colon: ${JSON.stringify(line)}`);
}

/** The fields that mean the same in requests and responses. */
export function takeMessageField(head: MessageFields, role: FieldRole, value: string): void {
  switch (role) {
    case 'content_length':
      if (head.contentLength !== null) throw new Malformed(400, 'more than one Content-Length');
      head.contentLength = contentLength(value);
      break;
    case 'transfer_encoding':
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
    case 'connection':
      takeConnection(head, value);
      break;
    case 'upgrade':
      head.upgrade = value.toLowerCase();
      break;
    default:
      break;
  }
}

function contentLength(value: string): number {
  let length = 0;
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) length = Number.NaN;
    length = length * 10 + digit;
  }
  if (value.length === 0 || value.length > MAX_LENGTH_DIGITS || Number.isNaN(length)) {
    throw new Malformed(
      400,
      `Content-Length is ${JSON.stringify(value)}, not 1 to ${MAX_LENGTH_DIGITS} digits`,
    );
  }
  return length;
}

function takeConnection(head: MessageFields, value: string): void {
  // The two values that nearly every message has.
  if (value === 'keep-alive') head.keepAlive = true;
  else if (value === 'close') head.close = true;
  else for (const option of value.split(',')) takeConnectionOption(head, trimBlanks(option).toLowerCase());
}

function takeConnectionOption(head: MessageFields, option: string): void {
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
export function checkFraming(head: MessageFields, minorVersion: 0 | 1): void {
  if (!head.chunked) return;
  if (head.contentLength !== null) throw new Malformed(400, 'both Content-Length and Transfer-Encoding');
  if (minorVersion === 0) throw new Malformed(400, 'Transfer-Encoding in HTTP/1.0');
}
