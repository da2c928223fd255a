/** The one form in which host names are compared: lower case, without the final dot. A name beyond ASCII comes in punycode. */
export function canonicalHost(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/** `host[:port]` with the host in that form. The port stays as it is; an empty one is left out with its colon. */
export function canonicalAuthority(authority: string): string {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(authority);
  // An IPv6 address without brackets, for one: there is no port to be found in it.
  if (match === null) return canonicalHost(authority);
  const [, host = '', port = ''] = match;
  return port === '' ? canonicalHost(host) : `${canonicalHost(host)}:${port}`;
}
