import { domainToASCII } from 'node:url';
import { ConfigurationError, shown } from './configuration-error.js';

/**
 * Which hosts a rule is for: every one, or those that equal one of `hosts` or end in `suffix`. As in cloudflared the
 * characters are compared as they are: edges send hosts in lower case, without a final dot.
 */
export type HostPattern =
  | { readonly kind: 'any' }
  /** As it is written, and in the form that DNS has when that is another one. */
  | { readonly kind: 'exact'; readonly hosts: readonly string[] }
  /** With its leading dot. */
  | { readonly kind: 'below'; readonly suffix: string };

/**
 * Empty and `*` are every host; `*.example.com` is all below it, at any depth, and not itself. Only a name without a
 * wildcard also stands for its form in DNS: `*.Example.com` takes no host in lower case.
 */
export function parseHostname(hostname: string, at: string): HostPattern {
  const wrong = (reason: string) => new ConfigurationError(at, `${shown(hostname)} ${reason}`);
  if (hostname === '' || hostname === '*') return { kind: 'any' };
  if (hostname.includes(':')) throw wrong('must not contain a port');
  const below = hostname.startsWith('*.');
  const name = below ? hostname.slice(2) : hostname;
  if (name.includes('*')) throw wrong('may have a wildcard only as its first label, as in *.example.com');
  if (!isHostname(name)) throw wrong('is not a host name');
  if (below) return { kind: 'below', suffix: `.${name}` };
  const ascii = toAscii(name);
  return { kind: 'exact', hosts: ascii === null || ascii === name ? [name] : [name, ascii] };
}

/** `host` as `requestHost` gives it. */
export function matchesHost(pattern: HostPattern, host: string): boolean {
  if (pattern.kind === 'any') return true;
  return pattern.kind === 'exact' ? pattern.hosts.includes(host) : host.endsWith(pattern.suffix);
}

/** The host of an authority, without its port and then without brackets; all of it when it has no port. */
export function requestHost(authority: string): string {
  const [, bracketed, host = authority] = /^(?:\[([^\]]*)\]|([^:]*)):[^:[\]]*$/.exec(authority) ?? [];
  return bracketed ?? host;
}

const isHostname = (name: string): boolean =>
  /^[\x21-\x7e]+$/.test(name) ? !/[/?#@\\]/.test(name) : domainToASCII(name) !== '';

/** Lower case, other scripts in punycode; null for a name that has no such form by the rules for looking names up. */
function toAscii(name: string): string | null {
  // The standard's conversion of what is ASCII already would also rewrite numbers into addresses.
  const ascii = /^[\x21-\x7e]+$/.test(name) ? name.toLowerCase() : domainToASCII(name);
  return ascii.split('.').every((label) => LABEL.test(label)) ? ascii : null;
}

/** No underscore, no hyphen at an end, nor two as the third and fourth character but of punycode. */
const LABEL = /^(?!-)(?!(?!xn)..--)[a-z0-9-]*(?<!-)$/;
