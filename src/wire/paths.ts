import { undoNested } from './doubly-encoded.js';

const PREFIX = '/client/v4';

/** The path as the router shall see it: without `/client/v4`, and with doubly encoded escapes undone. */
export function canonicalUrl(url: string): string {
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
