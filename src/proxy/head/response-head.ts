import { CR, everyCharacter, FIELD_VALUE, SPACE } from './characters.js';
import { RESPONSE_FIELDS } from './field-roles.js';
import { checkFraming, type MessageFields, readFields, takeMessageField } from './fields.js';
import { InvalidStatus, Malformed } from './malformed.js';

export interface ResponseHead extends MessageFields {
  readonly status: number;
  readonly reason: string;
  readonly minorVersion: 0 | 1;
}

/** How the end of a response body is found. */
export type ResponseFraming = 'none' | 'length' | 'chunked' | 'until_close';

const STATUS_START = 'HTTP/1.1 '.length;
const STATUS_END = STATUS_START + 3;

/** The head in `text`: status line and field lines, each with its CRLF, without the blank line. Throws Malformed or InvalidStatus. */
export function readResponseHead(text: string, fieldCount: number): ResponseHead {
  const minorVersion = text.charCodeAt(STATUS_START - 2) - 48;
  if (
    !text.startsWith('HTTP/1.') ||
    (minorVersion !== 0 && minorVersion !== 1) ||
    text.charCodeAt(STATUS_START - 1) !== SPACE
  ) {
    throw notAStatusLine(text);
  }
  const status = readStatus(text);
  const lineEnd = text.indexOf('\r\n', STATUS_END);
  const reason = text.slice(STATUS_END + 1, Math.max(lineEnd, STATUS_END + 1));
  if (!everyCharacter(reason, FIELD_VALUE))
    throw new Malformed(400, 'the reason phrase has a control character');
  const head = emptyHead(status, reason, minorVersion);
  readFields(text, lineEnd + 2, RESPONSE_FIELDS, fieldCount, head, takeMessageField);
  checkFraming(head, minorVersion);
  return head;
}

function readStatus(text: string): number {
  let end = STATUS_START;
  while (isDigit(text.charCodeAt(end))) end++;
  const after = text.charCodeAt(end);
  if (end === STATUS_START || (after !== SPACE && after !== CR)) throw notAStatusLine(text);
  const digits = text.slice(STATUS_START, end);
  const status = Number(digits);
  if (end !== STATUS_END || status < 100 || status > 599) throw new InvalidStatus(digits);
  return status;
}

const isDigit = (code: number) => code >= 48 && code <= 57;

const notAStatusLine = (text: string) =>
  new Malformed(400, `not a status line: ${JSON.stringify(text.slice(0, 20))}`);

function emptyHead(status: number, reason: string, minorVersion: 0 | 1): ResponseHead {
  return {
    status,
    reason,
    minorVersion,
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

/** RFC 9112 section 6.3, from the side of one that asked with `method`. */
export function responseFraming(head: ResponseHead, method: string): ResponseFraming {
  if (method === 'HEAD' || head.status === 204 || head.status === 304 || head.status < 200) return 'none';
  if (head.chunked) return 'chunked';
  return head.contentLength === null ? 'until_close' : 'length';
}

/** Whether the origin lets the connection be used again. */
export function originKeepsAlive(head: ResponseHead): boolean {
  return head.minorVersion === 1 ? !head.close : head.keepAlive && !head.close;
}
