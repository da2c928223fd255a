import { ConfigurationError, shown } from './configuration-error.js';
import {
  type Json,
  type Read,
  readCount,
  readFlag,
  readObject,
  readSeconds,
  readText,
  refuseUnknown,
} from './read-json.js';

/** How requests are sent to a service. The members have the names and meanings of cloudflared; durations are seconds. */
export interface OriginRequestSettings {
  /** For a TCP connection; 0 waits as long as the system does. */
  readonly connectTimeout: number;
  readonly tlsTimeout: number;
  readonly tcpKeepAlive: number;
  readonly noHappyEyeballs: boolean;
  /** Idle connections that are kept. */
  readonly keepAliveConnections: number;
  /** How long an idle connection is kept; 0 is for ever. */
  readonly keepAliveTimeout: number;
  /** Sent as Host; the one of the visitor is in X-Forwarded-Host then. Empty keeps the visitor's. */
  readonly httpHostHeader: string;
  /** The name in the service's certificate; empty is the host of the service. */
  readonly originServerName: string;
  readonly matchSNItoHost: boolean;
  /** A PEM file of authorities that are trusted besides the well-known ones; empty is none. */
  readonly caPool: string;
  readonly noTLSVerify: boolean;
  readonly disableChunkedEncoding: boolean;
  readonly bastionMode: boolean;
}

export const DEFAULT_ORIGIN_REQUEST: OriginRequestSettings = {
  connectTimeout: 30,
  tlsTimeout: 10,
  tcpKeepAlive: 30,
  noHappyEyeballs: false,
  keepAliveConnections: 100,
  keepAliveTimeout: 90,
  httpHostHeader: '',
  originServerName: '',
  matchSNItoHost: false,
  caPool: '',
  noTLSVerify: false,
  disableChunkedEncoding: false,
  bastionMode: false,
};

const READ: { readonly [K in keyof OriginRequestSettings]: Read<OriginRequestSettings[K]> } = {
  connectTimeout: readSeconds,
  tlsTimeout: readSeconds,
  tcpKeepAlive: readSeconds,
  noHappyEyeballs: readFlag,
  keepAliveConnections: readCount,
  keepAliveTimeout: readSeconds,
  httpHostHeader: readText,
  originServerName: readText,
  matchSNItoHost: readFlag,
  caPool: readText,
  noTLSVerify: readFlag,
  disableChunkedEncoding: readFlag,
  bastionMode: readFlag,
};

interface Unsupported {
  /** Whether the value asks for nothing, as when a dashboard writes every member out. */
  readonly isOff: (value: unknown) => boolean;
  readonly reason: string;
}

const UNSUPPORTED: Readonly<Record<string, Unsupported>> = {
  http2Origin: { isOff: (value) => value === false, reason: 'this connector speaks HTTP/1.1 to services' },
  proxyType: { isOff: (value) => value === '', reason: 'this connector is no SOCKS proxy' },
  proxyAddress: {
    isOff: (value) => value === '' || value === '127.0.0.1',
    reason: 'this connector starts no proxy of its own',
  },
  proxyPort: { isOff: (value) => value === 0, reason: 'this connector starts no proxy of its own' },
  ipRules: {
    isOff: (value) => Array.isArray(value) && value.length === 0,
    reason: 'this connector is no SOCKS proxy, for which alone such rules are',
  },
  access: {
    isOff: (value) => (value as Json).required !== true,
    reason: 'this connector cannot check the tokens of Access',
  },
};

const KNOWN = [...Object.keys(READ), ...Object.keys(UNSUPPORTED)];

/** The members that are set. Throws a ConfigurationError for what cannot be had here. */
export function parseOriginRequest(value: unknown, at: string): Partial<OriginRequestSettings> {
  const object = readObject(value, at) ?? {};
  refuseUnknown(object, KNOWN, at);
  for (const [name, { isOff, reason }] of Object.entries(UNSUPPORTED)) {
    const given = object[name] ?? undefined;
    if (given !== undefined && !isOff(given))
      throw new ConfigurationError(`${at}.${name}`, `${shown(given)} is not supported: ${reason}`);
  }
  const members = Object.entries(READ).map(([name, read]) => [name, read(object[name], `${at}.${name}`)]);
  return Object.fromEntries(members.filter(([, member]) => member !== undefined));
}
