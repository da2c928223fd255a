import { domainToASCII } from 'node:url';
import { ConfigurationError, shown } from './configuration-error.js';

/** Which hosts a rule is for: every one, one, or all below one. Lower case, ASCII. */
export type HostPattern =
  | { readonly kind: 'any' }
  | { readonly kind: 'exact'; readonly host: string }
  /** With its leading dot. */
  | { readonly kind: 'below'; readonly suffix: string };

/** Empty and `*` are every host; `*.example.com` is all below it, at any depth, and not itself. */
export function parseHostname(hostname: string, at: string): HostPattern {
  const wrong = (reason: string) => new ConfigurationError(at, `${shown(hostname)} ${reason}`);
  if (hostname === '' || hostname === '*') return { kind: 'any' };
  if (hostname.includes(':')) throw wrong('must not contain a port');
  const below = hostname.startsWith('*.');
  const name = below ? hostname.slice(2) : hostname;
  if (name.includes('*')) throw wrong('may have a wildcard only as its first label, as in *.example.com');
  const ascii = toAscii(name);
  if (ascii === '') throw wrong('is not a host name');
  return below ? { kind: 'below', suffix: `.${ascii}` } : { kind: 'exact', host: ascii };
}

/** `host` as `requestHost` gives it. */
export function matchesHost(pattern: HostPattern, host: string): boolean {
  if (pattern.kind === 'any') return true;
  return pattern.kind === 'exact' ? host === pattern.host : host.endsWith(pattern.suffix);
}

/** The host of an authority, without its port, in the form that patterns have. */
export function requestHost(authority: string): string {
  const [, host = authority] = /^(\[[^\]]*\]|[^:]*)(?::\d*)?$/.exec(authority) ?? [];
  return host.toLowerCase();
}

// What is ASCII already is left as it is: the standard's conversion would also rewrite numbers into addresses.
function toAscii(name: string): string {
  if (/^[\x21-\x7e]+$/.test(name)) return /[\s/?#@\\]/.test(name) ? '' : name.toLowerCase();
  return domainToASCII(name);
}
