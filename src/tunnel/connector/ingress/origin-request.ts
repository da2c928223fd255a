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

// Values out of a configuration: each function answers the value, undefined when it is absent or null, or throws a
// ConfigurationError that says where it stands.

type Json = Readonly<Record<string, unknown>>;
type Read<T> = (value: unknown, at: string) => T | undefined;

const MAX_TEXT = 4096;
const MAX_SECONDS = 2_147_483_647;

export const readObject: Read<Json> = (value, at) => {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'object' && !Array.isArray(value)) return value as Json;
  throw new ConfigurationError(at, `${shown(value)} must be an object`);
};

export const readList: Read<readonly unknown[]> = (value, at) => {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return value;
  throw new ConfigurationError(at, `${shown(value)} must be a list`);
};

export const readText: Read<string> = (value, at) => {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string' && value.length <= MAX_TEXT) return value;
  throw new ConfigurationError(at, `${shown(value)} must be text of at most ${MAX_TEXT} characters`);
};

export const readFlag: Read<boolean> = (value, at) => {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'boolean') return value;
  throw new ConfigurationError(at, `${shown(value)} must be true or false`);
};

export const readCount: Read<number> = (value, at) => {
  if (value === undefined || value === null) return undefined;
  if (Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_SECONDS)
    return value as number;
  throw new ConfigurationError(at, `${shown(value)} must be a whole number from 0 to ${MAX_SECONDS}`);
};

/** Durations are whole seconds in JSON, as cloudflared has them. */
export const readSeconds: Read<number> = (value, at) => {
  try {
    return readCount(value, at);
  } catch {
    throw new ConfigurationError(
      at,
      `${shown(value)} must be a whole number of seconds, from 0 to ${MAX_SECONDS}`,
    );
  }
};

/** What nobody here knows must not be lost in silence: it could be what the whole rule was written for. */
export function refuseUnknown(object: Json, known: readonly string[], at: string): void {
  const stranger = Object.keys(object).find((name) => !known.includes(name));
  if (stranger !== undefined)
    throw new ConfigurationError(
      `${at}.${stranger}`,
      `this connector knows no such member; it knows ${known.join(', ')}`,
    );
}

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

/** A configuration that this connector cannot serve as it stands; the message says where and why. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
  constructor(at: string, reason: string) {
    super(`${at}: ${reason}`);
  }
}

/** What is quoted in messages never gets long. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? `"${value}"` : (JSON.stringify(value) ?? String(value));
  return text.length > 128 ? `${text.slice(0, 128)}…` : text;
}

/** Milliseconds for a timer; none takes more than this. */
export const timerMs = (seconds: number): number => Math.min(seconds * 1000, 2 ** 31 - 1);
