import { domainToASCII, domainToUnicode } from 'node:url';

/** With underscores, which names of services and of machines have. */
const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** Whether it is a host name, lower case. */
export const isHostname = (name: string): boolean =>
  name.length <= 253 && name.split('.').every((label) => LABEL.test(label));

/** Whether something in the zone may have this name: the zone's own, one below it, or `*.` and one of those. Lower case. */
export function isHostnameIn(zone: string, name: string): boolean {
  const host = name.startsWith('*.') ? name.slice(2) : name;
  if (host !== zone && !host.endsWith(`.${zone}`)) return false;
  return name.length <= 253 && isHostname(host);
}

export const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text);

/**
 * The name as DNS has it: lower case, and in punycode what is beyond ASCII. Empty when that cannot be. It may begin with
 * `*.`.
 */
export function inAscii(text: string): string {
  if (isAscii(text)) return text.toLowerCase();
  const wildcard = text.startsWith('*.') ? '*.' : '';
  const name = domainToASCII(text.slice(wildcard.length));
  return name === '' ? '' : wildcard + name;
}

/** The name as people read it: the inverse of `inAscii` for what is in punycode. */
export const inUnicode = (name: string): string =>
  name.includes('xn--') ? domainToUnicode(name) || name : name;
