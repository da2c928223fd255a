import { undoNested } from './doubly-encoded.js';

const PREFIX = '/client/v4';

/** Scheme and authority of a target in absolute form, which clients may send to every server (RFC 9112 section 3.2.2). */
const ABSOLUTE = /^https?:\/\/([^/?#]*)/i;

/** What the target of a request names as host, more than its Host field does; undefined in the usual form. */
export const authorityOf = (target: string): string | undefined => ABSOLUTE.exec(target)?.[1];

/** The path as the router shall see it: without host and `/client/v4`, and with doubly encoded escapes undone. */
export function canonicalUrl(target: string): string {
  const url = target.startsWith('/') ? target : target.replace(ABSOLUTE, '');
  const query = url.indexOf('?');
  let path = query < 0 ? url : url.slice(0, query);
  if (path === PREFIX || path.startsWith(`${PREFIX}/`)) path = path.slice(PREFIX.length) || '/';
  path = undoNested(path);
  return query < 0 ? path : path + url.slice(query);
}

/** `pathname` of a request URL, for messages. */
export function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}
