import type { IncomingHttpHeaders, IncomingHttpStatusHeader, OutgoingHttpHeaders } from 'node:http2';

/** Headers as a program writes them; or names and values in turn, names in lower case and pseudo-headers first. */
export type OutgoingFields = OutgoingHttpHeaders | readonly string[];

/** As `outgoingFields`, of a request: a pseudo-header that is not named has its usual value. */
export function requestFields(head: OutgoingFields): readonly string[] {
  if (isFields(head)) {
    for (let i = 0; i < head.length; i += 2) checkField(head[i]!, head[i + 1]!);
    return head;
  }
  const isConnect = head[':method'] === 'CONNECT';
  const defaults = isConnect ? {} : { ':method': 'GET', ':scheme': 'https', ':path': '/' };
  return outgoingFields({ ...defaults, ...head });
}

const isFields = (head: OutgoingFields): head is readonly string[] => Array.isArray(head);

/**
 * Headers as a program writes them, as names and values in turn: pseudo-headers first, names in lower case, an array as
 * a repeated field, undefined left out. Throws TypeError for what no HTTP/2 message may contain.
 */
export function outgoingFields(headers: OutgoingHttpHeaders): string[] {
  const pseudo: string[] = [];
  const regular: string[] = [];
  for (const key of Object.keys(headers)) {
    const value = headers[key];
    if (value === undefined) continue;
    const name = key.toLowerCase();
    const fields = name.startsWith(':') ? pseudo : regular;
    if (Array.isArray(value)) for (const one of value) appendField(fields, name, String(one));
    else appendField(fields, name, String(value));
  }
  return pseudo.length === 0 ? regular : pseudo.concat(regular);
}

function appendField(fields: string[], name: string, value: string): void {
  checkField(name, value);
  fields.push(name, value);
}

function checkField(name: string, value: string): void {
  if (!isFieldName(name.startsWith(':') ? name.slice(1) : name))
    throw new TypeError(`"${name}" is no header name`);
  if (!isFieldValue(value))
    throw new TypeError(`header ${name} has a value with characters that it may not have`);
  if (CONNECTION_FIELDS.has(name)) throw new TypeError(`header ${name} has no place in HTTP/2`);
}

export type Headers = IncomingHttpHeaders & IncomingHttpStatusHeader;

/** What a header block turns out to be. */
type MessagePart = 'request' | 'response' | 'trailers';

const REQUEST_PSEUDO = new Set([':method', ':scheme', ':authority', ':path']);
const RESPONSE_PSEUDO = new Set([':status']);
const NONE: ReadonlySet<string> = new Set();

/** What is wrong with the fields (names and values in turn) by RFC 9113, section 8; null when nothing is. */
export function whyMalformed(fields: readonly string[], part: MessagePart): string | null {
  const allowed = part === 'request' ? REQUEST_PSEUDO : part === 'response' ? RESPONSE_PSEUDO : NONE;
  const pseudo = new Map<string, string>();
  let regularSeen = false;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!;
    const value = fields[i + 1]!;
    if (name.startsWith(':')) {
      if (regularSeen) return `pseudo-header ${name} behind other fields`;
      if (!allowed.has(name)) return `pseudo-header ${name} in ${part}`;
      if (pseudo.has(name)) return `two pseudo-headers ${name}`;
      pseudo.set(name, value);
    } else {
      regularSeen = true;
      const wrong = whyWrongField(name, value);
      if (wrong) return wrong;
    }
    if (!isFieldValue(value)) return `field ${name} with a value that is none`;
  }
  if (part === 'request') return whyWrongRequest(pseudo);
  if (part === 'response' && !/^[1-9][0-9][0-9]$/.test(pseudo.get(':status') ?? ''))
    return `response with the status "${pseudo.get(':status')}"`;
  return pseudo.get(':status') === '101' ? 'response with the status 101' : null;
}

function whyWrongField(name: string, value: string): string | null {
  if (!isFieldName(name)) return `"${name.slice(0, 64)}" is no field name in lower case`;
  if (CONNECTION_FIELDS.has(name)) return `field ${name} has no place in HTTP/2`;
  return name === 'te' && value !== 'trailers' ? `field te with the value "${value.slice(0, 64)}"` : null;
}

function whyWrongRequest(pseudo: ReadonlyMap<string, string>): string | null {
  const missing = (name: string) => !pseudo.get(name);
  if (missing(':method')) return 'request without :method';
  if (pseudo.get(':method') === 'CONNECT') {
    if (missing(':authority') || pseudo.size !== 2)
      return 'CONNECT with other pseudo-headers than :authority';
    return null;
  }
  if (missing(':scheme')) return 'request without :scheme';
  return missing(':path') ? 'request without :path' : null;
}

/**
 * The fields by name, as Node shows those of HTTP/2: `:status` as a number, `set-cookie` as an array, cookies joined by
 * `; ` and other repeated fields by `, `.
 */
export function headersOf(fields: readonly string[]): Headers {
  const headers: Headers = Object.create(null);
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i]!;
    const value = fields[i + 1]!;
    const before = headers[name];
    if (name === ':status') headers[':status'] = Number(value);
    else if (name === 'set-cookie') headers['set-cookie'] = [...(headers['set-cookie'] ?? []), value];
    else if (before === undefined) headers[name] = value;
    else headers[name] = `${before}${name === 'cookie' ? '; ' : ', '}${value}`;
  }
  return headers;
}

/** Bytes that the body must have, null when the fields do not say; NaN when they contradict themselves. */
export function bodyBytes(fields: readonly string[]): number | null {
  let bytes: number | null = null;
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i] !== 'content-length') continue;
    const length = /^\d{1,15}$/.test(fields[i + 1]!) ? Number(fields[i + 1]) : Number.NaN;
    bytes = bytes === null || bytes === length ? length : Number.NaN;
  }
  return bytes;
}

// What RFC 9113, section 8.2 allows in a field, whichever way it travels.

/** Fields that speak of one connection of HTTP/1.1. */
export const CONNECTION_FIELDS: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

const NAME = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** No control characters but a tab, nothing beyond latin1, no blanks at the ends. */
const VALUE = /^(?:[!-~\x80-\xff](?:[\t -~\x80-\xff]*[!-~\x80-\xff])?)?$/;

const isFieldName = (name: string): boolean => NAME.test(name);

const isFieldValue = (value: string): boolean => VALUE.test(value);
