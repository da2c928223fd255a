const PREFIX = '/client/v4';

/**
 * The path as the router shall see it: without `/client/v4`, and with doubly encoded escapes (`%252F`, as one SDK sends
 * them) undone until one level is left, in one pass however deep they are.
 */
export function canonicalUrl(url: string): string {
  const query = url.indexOf('?');
  let path = query < 0 ? url : url.slice(0, query);
  if (path === PREFIX || path.startsWith(`${PREFIX}/`)) path = path.slice(PREFIX.length) || '/';
  path = path.replace(/%(?:25)+([0-9a-f]{2})/gi, '%$1');
  return query < 0 ? path : path + url.slice(query);
}

/** `pathname` of a request URL, for messages. */
export function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}
