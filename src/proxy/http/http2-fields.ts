import type { OutgoingHttpHeaders } from 'node:http2';
import type { HeadLimits } from '../limits.js';
import { everyCharacter, FIELD_VALUE, Malformed, TOKEN, trimBlanks } from './syntax.js';

/** HTTP/2 has no place for them: the framing and the connection are told in other ways. */
const NOT_IN_HTTP2 = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'host',
]);

/**
 * Field lines, each checked and with its CRLF, as headers of HTTP/2. Values are latin1 in the lines, and in
 * the headers what Node writes as the same bytes.
 */
export function headersFrom(lines: string): OutgoingHttpHeaders {
  // Without a prototype: a field may well be called `constructor`.
  const headers: OutgoingHttpHeaders = Object.create(null);
  eachField(lines, (name, given) => {
    const value = asUtf8(given);
    const known = headers[name];
    // Only Set-Cookie cannot be joined (RFC 9110 section 5.3), and Cookie has a separator of its own.
    if (name === 'set-cookie') {
      if (known === undefined) headers[name] = [value];
      else (known as string[]).push(value);
    } else headers[name] = known === undefined ? value : `${known}${name === 'cookie' ? ';' : ','} ${value}`;
  });
  return headers;
}

/** Gives `take` each field of such lines that HTTP/2 has a place for, its name in lower case. */
export function eachField(lines: string, take: (name: string, value: string) => void): void {
  let at = 0;
  while (at < lines.length) {
    const colon = lines.indexOf(':', at);
    const end = lines.indexOf('\r\n', colon);
    const name = lines.slice(at, colon).toLowerCase();
    at = end + 2;
    if (!NOT_IN_HTTP2.has(name)) take(name, trimBlanks(lines, colon + 1, end));
  }
}

/**
 * The fields of raw headers (names and values in turn) as lines, each with its CRLF, without pseudo-headers. Every
 * character is checked, so that nothing in them can become a line of its own. Throws Malformed.
 */
export function fieldLines(rawHeaders: readonly string[]): string {
  let lines = '';
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!;
    const value = rawHeaders[i + 1]!;
    if (name.startsWith(':')) continue;
    if (!everyCharacter(name, TOKEN) || !everyCharacter(value, FIELD_VALUE) || NOT_IN_HTTP2.has(name)) {
      throw new Malformed(
        400,
        `${JSON.stringify(name.slice(0, 40))} is no field of HTTP/2, or its value is none`,
      );
    }
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}

const ABOVE_ASCII = /[\x80-\xff]/;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

/** Values are latin1 here, one character for each byte; Node's HTTP/2 writes them as UTF-8, which most of them are. */
function asUtf8(value: string): string {
  if (!ABOVE_ASCII.test(value)) return value;
  try {
    return strictUtf8.decode(Buffer.from(value, 'latin1'));
  } catch {
    return value;
  }
}

/** Pseudo-headers and crumbs of cookies come on top of the fields that are counted. */
const EXTRA_PAIRS = 64;
/** RFC 9113 section 6.5.2: what each field counts beside its name and value. */
const FIELD_OVERHEAD = 32;
/** A field that is refused for its size shall be read first: whoever sent it is told the limit and does not just lose the stream. */
const READ_BEYOND = 2;

/**
 * SETTINGS_MAX_HEADER_LIST_SIZE. Node goes by it as well: a larger list costs its stream, without a word about the reason.
 * The limits themselves are kept by the reader of the head.
 */
export function headerListBytes({ headBytes, fieldCount }: HeadLimits): number {
  return READ_BEYOND * headBytes + FIELD_OVERHEAD * fieldCount;
}

/** What Node's HTTP/2 takes and sends of fields in one head, where its own defaults (128 pairs, 64 KiB) are below the limits. */
export function headerListLimits(limits: HeadLimits): {
  readonly maxHeaderListPairs: number;
  readonly maxSendHeaderBlockLength: number;
} {
  return {
    maxHeaderListPairs: READ_BEYOND * limits.fieldCount + EXTRA_PAIRS,
    // The library reckons with the worst case of its compression, and raw bytes become two as UTF-8.
    maxSendHeaderBlockLength: 2 * headerListBytes(limits) + FIELD_OVERHEAD * limits.fieldCount,
  };
}
