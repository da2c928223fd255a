import { CONNECTION_FIELDS } from '../../http2/field-rules.js';

/** `content-type` as `Content-Type`: the form that header names have in Go's HTTP/1.1, and so in cloudflared. */
export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase());
}

/** About one connection and not about the message, so that they end here. HTTP/2 has none of them. */
export const isHopByHop = (name: string): boolean => CONNECTION_FIELDS.has(name);
