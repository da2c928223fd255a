import type { Cidr } from '../net/addresses.js';
import type { START_FLAGS } from './flags.js';
import { UsageError, type Values } from './parse.js';
import { flagOneOf, networkOf, pattern } from './values.js';

const MODES = ['off', 'accept', 'require'] as const;
type Mode = (typeof MODES)[number];

/** What a proxy in front of the listeners of traffic may tell, and ask. */
export interface FrontProxies {
  /** Whether connections begin with a PROXY header. */
  readonly proxyProtocol: { readonly http: Mode; readonly https: Mode; readonly tcp: Mode };
  readonly trustedProxies: readonly Cidr[];
  /** Null answers no checks. */
  readonly healthPath: string | null;
}

/** Throws UsageError. */
export function frontProxies(flags: Values<typeof START_FLAGS>): FrontProxies {
  const all = flagOneOf('proxy-protocol', flags['proxy-protocol'], MODES);
  const modeOf = (flag: 'http-proxy-protocol' | 'https-proxy-protocol' | 'tcp-proxy-protocol') => {
    const own = flags[flag];
    return own === null ? all : flagOneOf(flag, own, MODES);
  };
  const proxyProtocol = {
    http: modeOf('http-proxy-protocol'),
    https: modeOf('https-proxy-protocol'),
    tcp: modeOf('tcp-proxy-protocol'),
  };
  const trusted = flags['trusted-proxies'].map((value) => networkOf('trusted-proxies', value));
  if (trusted.length === 0 && Object.values(proxyProtocol).some((mode) => mode !== 'off')) {
    throw new UsageError(
      '--proxy-protocol needs --trusted-proxies, the addresses that may send a PROXY header, such as 10.0.0.0/8',
    );
  }
  return { proxyProtocol, trustedProxies: trusted, healthPath: healthPath(flags['health-path']) };
}

function healthPath(value: string | null): string | null {
  if (value === null) return null;
  return pattern('health-path', value, /^\/[!-"$->@-~]*$/, 'a path without a query, such as /healthz');
}
