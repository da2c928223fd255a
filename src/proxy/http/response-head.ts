import { checkFraming, readFields, takeMessageField } from './fields.js';
import { MessageHead } from './message-head.js';
import { CR, FIELD_VALUE, InvalidStatus, LF, Malformed, RESPONSE_FIELDS, SPACE } from './syntax.js';

/** One response as understood. What it was read from may change after the call that brings it, and the fields with it. */
export class ResponseHead extends MessageHead {
  constructor(
    public status: number,
    public reason: string,
    readonly minorVersion: 0 | 1,
    bytes?: Buffer,
  ) {
    super(bytes);
  }
}

/** How the end of a response body is found. */
export type ResponseFraming = 'none' | 'length' | 'chunked' | 'until_close';

const VERSION = Buffer.from('HTTP/1.');
const STATUS_START = 'HTTP/1.1 '.length;
const STATUS_END = STATUS_START + 3;
const OK = Buffer.from('OK');

/**
 * The head in the first `end` bytes, or in latin1 text: status line and field lines, each with its CRLF, without the blank line.
 * Throws Malformed or InvalidStatus.
 */
export function readResponseHead(
  given: Buffer | string,
  fieldCount: number,
  end = given.length,
): ResponseHead {
  const bytes = typeof given === 'string' ? Buffer.from(given, 'latin1') : given;
  const minorVersion = bytes[VERSION.length]! - 48;
  for (let i = 0; i < VERSION.length; i++) if (bytes[i] !== VERSION[i]) throw notAStatusLine(bytes, end);
  if ((minorVersion !== 0 && minorVersion !== 1) || bytes[STATUS_START - 1] !== SPACE)
    throw notAStatusLine(bytes, end);
  const status = readStatus(bytes, end);
  let at = STATUS_END;
  while (at < end && bytes[at] !== CR) {
    if (FIELD_VALUE[bytes[at]!] !== 1) throw badReason();
    at++;
  }
  if (bytes[at + 1] !== LF) throw badReason();
  const reason = readReason(bytes, STATUS_END + 1, at);
  const head = new ResponseHead(status, reason, minorVersion, bytes);
  readFields(bytes, at + 2, end, RESPONSE_FIELDS, fieldCount, head, takeMessageField);
  checkFraming(head, minorVersion);
  return head;
}

const badReason = () => new Malformed(400, 'the reason phrase has a control character');

function readReason(bytes: Buffer, start: number, end: number): string {
  if (end <= start) return '';
  return end - start === OK.length && bytes[start] === OK[0] && bytes[start + 1] === OK[1]
    ? 'OK'
    : bytes.toString('latin1', start, end);
}

function readStatus(bytes: Buffer, headEnd: number): number {
  let status = 0;
  let end = STATUS_START;
  while (isDigit(bytes[end]!)) status = status * 10 + bytes[end++]! - 48;
  const after = bytes[end];
  if (end === STATUS_START || (after !== SPACE && after !== CR)) throw notAStatusLine(bytes, headEnd);
  if (end !== STATUS_END || status < 100 || status > 599)
    throw new InvalidStatus(bytes.toString('latin1', STATUS_START, end));
  return status;
}

const isDigit = (code: number) => code >= 48 && code <= 57;

const notAStatusLine = (bytes: Buffer, end: number) =>
  new Malformed(400, `not a status line: ${JSON.stringify(bytes.toString('latin1', 0, Math.min(20, end)))}`);

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
