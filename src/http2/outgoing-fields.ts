import type { OutgoingHttpHeaders } from 'node:http2';
import { CONNECTION_FIELDS, isFieldName, isFieldValue } from './field-rules.js';

/** Headers as a program writes them; or names and values in turn, names in lower case and pseudo-headers first. */
export type OutgoingFields = OutgoingHttpHeaders | readonly string[];

/** As `outgoingFields`, of a request: a pseudo-header that is not named has its usual value. */
export function requestFields(head: OutgoingFields): readonly string[] {
  if (isFields(head)) {
    for (let i = 0; i < head.length; i += 2) check(head[i]!, head[i + 1]!);
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
    if (Array.isArray(value)) for (const one of value) append(fields, name, String(one));
    else append(fields, name, String(value));
  }
  return pseudo.length === 0 ? regular : pseudo.concat(regular);
}

function append(fields: string[], name: string, value: string): void {
  check(name, value);
  fields.push(name, value);
}

function check(name: string, value: string): void {
  if (!isFieldName(name.startsWith(':') ? name.slice(1) : name))
    throw new TypeError(`"${name}" is no header name`);
  if (!isFieldValue(value))
    throw new TypeError(`header ${name} has a value with characters that it may not have`);
  if (CONNECTION_FIELDS.has(name)) throw new TypeError(`header ${name} has no place in HTTP/2`);
}
