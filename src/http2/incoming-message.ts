import type { IncomingHttpHeaders, IncomingHttpStatusHeader } from 'node:http2';
import { CONNECTION_FIELDS, isFieldName, isFieldValue } from './field-rules.js';

export type Headers = IncomingHttpHeaders & IncomingHttpStatusHeader;

/** What a header block turns out to be. */
export type MessagePart = 'request' | 'response' | 'trailers';

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
