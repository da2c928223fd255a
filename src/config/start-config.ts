import { createHash } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { isBearerToken } from '../domain/http-fields.js';
import { type DirectNetworks, LOOPBACK, parseIp } from '../net/addresses.js';
import { coordinates, type LocatedNetwork, type Place } from '../net/locations.js';
import { type ApiTls, apiTls } from './api-tls.js';
import type { START_FLAGS } from './flags.js';
import { type FrontProxies, frontProxies } from './front-proxies.js';
import { type AccessLogTarget, accessLogTarget, type TracingTarget, tracingTarget } from './metrics-flags.js';
import {
  advertisedAddresses,
  dnsNames,
  locatedNetworks,
  type PrivateNetwork,
  privateNetwork,
  type TcpPortFlag,
  tcpPorts,
} from './on-ramps.js';
import { UsageError, type Values } from './parse.js';
import { type ObjectQuotas, parseQuotas } from './quotas.js';
import { type TlsFiles, tlsFiles } from './tls-files.js';
import { calendarDate, flagOneOf, integerFlag, LOG_LEVELS, networkOf, pattern, wrong } from './values.js';

export interface Listen {
  readonly host: string;
  readonly port: number;
}

/** Everything that `offramp start` was told, checked as a whole. */
export interface StartConfig extends FrontProxies {
  readonly api: Listen;
  /** Null is HTTP without TLS. */
  readonly apiTls: ApiTls | null;
  /** Where it is served under Cloudflare's host name, with TLS. */
  readonly standIn: Listen | null;
  /** Null leaves it to the number of descriptors. */
  readonly maxApiConnections: number | null;
  /** Null serves metrics on the API's port alone. */
  readonly metrics: Listen | null;
  readonly edge: Listen;
  readonly http: Listen;
  readonly https: Listen;
  /** Of HTTPS traffic; null signs certificates for the names of load balancers. */
  readonly tls: TlsFiles | null;
  /** `nameServers` of the zones: labels below each apex, or whole names; lower case. */
  readonly dns: Listen & { readonly nameServers: readonly string[] };
  /** What DNS answers for proxied load balancers and name servers; empty for the addresses of their listeners. */
  readonly advertised: readonly string[];
  readonly tcp: { readonly host: string; readonly ports: readonly TcpPortFlag[] };
  readonly limits: {
    /** Of HTTP and HTTPS. */
    readonly clientConnections: number;
    readonly tcpConnections: number;
    /** Of HTTP/2, of all clients together. */
    readonly streams: number;
  };
  /** Null gives no addresses to the load balancers of accounts. */
  readonly privateNetwork: PrivateNetwork | null;
  readonly databaseUrl: string | null;
  /** Waits while another process has the database, instead of refusing to start. */
  readonly standby: boolean;
  /** Absolute; null keeps everything in memory. */
  readonly dataDir: string | null;
  /** What is for tests is allowed, such as POST /_offramp/reset. */
  readonly testControl: boolean;
  /** File with the objects that a new database begins with. */
  readonly seed: string | null;
  /** Directory with scripts that are run before it is ready. */
  readonly initDir: string | null;
  readonly endpointsFile: string | null;
  /** The end of standard input is one more way to stop it. */
  readonly endWithStdin: boolean;
  /** Makes choices and identifiers the same in each run; null: they are made up. */
  readonly randomSeed: string | null;
  /** Where the certificate of the edge's CA is written for everybody: absolute; null nowhere. */
  readonly edgeCaOut: string | null;
  /** Strict without digests takes the token that the data directory keeps. */
  readonly auth: { readonly mode: 'any' } | { readonly mode: 'strict'; readonly digests: readonly Buffer[] };
  /** Requests of one user in five minutes; null is no limit. */
  readonly rateLimit: number | null;
  /** Null is no limits. */
  readonly quotas: ObjectQuotas | null;
  /** Of what the first start makes; null = made up. */
  readonly accountId: string | null;
  readonly zoneId: string | null;
  readonly domain: string;
  /** YYYY-MM-DD: the day whose API is served. */
  readonly apiDate: string;
  /** Seconds. */
  readonly minMonitorInterval: number;
  readonly originUniqueness: 'account' | 'pool';
  readonly originTls: 'full' | 'strict';
  readonly directNetworks: DirectNetworks;
  /** Session cookies whose attributes leave it open are for HTTPS alone. */
  readonly alwaysUseHttps: boolean;
  /** Where this data plane is. */
  readonly place: Place;
  /** Where clients are, by their addresses. */
  readonly locations: readonly LocatedNetwork[];
  /** Lower case; null trusts no header to say where a request comes from. */
  readonly locationHeader: string | null;
  /** Where notifications go; null sends none. */
  readonly notify: { readonly url: string; readonly secret: string | null } | null;
  /** Null leaves no origin out. */
  readonly passiveHealthMs: number | null;
  readonly halfCloseIdleMs: number;
  readonly drainMs: number;
  readonly accessLog: AccessLogTarget;
  readonly tracing: TracingTarget;
  readonly json: boolean;
  readonly logLevel: string;
}

const TOKEN_MINIMUM = 32;

/** Throws UsageError with what is wrong, the value, and what would be right. */
export function startConfig(flags: Values<typeof START_FLAGS>): StartConfig {
  if (!flags['stand-in'] && flags['stand-in-port'] !== null)
    throw new UsageError('--stand-in-port is that of --stand-in, which is not given');
  if (flags['metrics-port'] === null && flags['metrics-host'] !== null)
    throw new UsageError('--metrics-host is the address of --metrics-port, which is not given');
  const api = listen(flags.host, 'port', flags.port);
  const auth = authPolicy(flags, api.host);
  return Object.freeze({
    api,
    apiTls: apiTls(flags),
    standIn: flags['stand-in'] ? listen(flags.host, 'stand-in-port', flags['stand-in-port'] ?? '443') : null,
    maxApiConnections:
      flags['max-api-connections'] === null
        ? null
        : limit('max-api-connections', flags['max-api-connections']),
    metrics:
      flags['metrics-port'] === null
        ? null
        : listen(flags['metrics-host'] ?? '127.0.0.1', 'metrics-port', flags['metrics-port'], 'metrics-host'),
    edge: listen(flags['edge-host'] ?? flags.host, 'edge-port', flags['edge-port']),
    http: listen(flags['http-host'] ?? flags.host, 'http-port', flags['http-port']),
    https: listen(flags['https-host'] ?? flags.host, 'https-port', flags['https-port']),
    tls: tlsFiles(flags['tls-cert'], flags['tls-key']),
    dns: {
      ...listen(flags['dns-host'] ?? flags.host, 'dns-port', flags['dns-port']),
      nameServers: dnsNames(flags['dns-name']),
    },
    advertised: advertisedAddresses(flags['advertise-address']),
    tcp: { host: listen(flags['tcp-host'] ?? flags.host, 'tcp', '0').host, ports: tcpPorts(flags.tcp) },
    ...frontProxies(flags),
    limits: {
      clientConnections: limit('max-client-connections', flags['max-client-connections']),
      tcpConnections: limit('max-tcp-connections', flags['max-tcp-connections']),
      streams: limit('max-http2-streams', flags['max-http2-streams']),
    },
    privateNetwork: privateNetwork(flags['private-network'], flags['private-port']),
    databaseUrl: databaseUrl(flags),
    standby: standby(flags),
    dataDir: flags.memory ? null : dataDir(flags),
    testControl: flags.memory || flags['test-control'],
    randomSeed: flags['random-seed'],
    seed: flags.seed,
    initDir: flags['init-dir'],
    endpointsFile: flags['endpoints-file'],
    endWithStdin: flags['end-with-stdin'],
    edgeCaOut: edgeCaOut(flags),
    auth,
    rateLimit:
      flags['rate-limit'] === null ? null : integerFlag('rate-limit', flags['rate-limit'], 1, 1_000_000),
    quotas: flags.quotas === null ? null : parseQuotas(flags.quotas),
    accountId: hexId('account-id', flags['account-id']),
    zoneId: hexId('zone-id', flags['zone-id']),
    domain: domain(flags.domain),
    apiDate: calendarDate('api-date', flags['api-date']),
    minMonitorInterval: integerFlag('min-monitor-interval', flags['min-monitor-interval'], 1, 3600),
    originUniqueness: flagOneOf('origin-uniqueness', flags['origin-uniqueness'], ['account', 'pool']),
    originTls: flagOneOf('origin-tls', flags['origin-tls'], ['full', 'strict']),
    directNetworks: directNetworks(flags['direct-network'], auth.mode),
    alwaysUseHttps: flags['always-use-https'],
    place: place(flags),
    locations: flags.locations === null ? [] : locatedNetworks(flags.locations),
    locationHeader:
      flags['location-header'] === null
        ? null
        : pattern(
            'location-header',
            flags['location-header'],
            /^[A-Za-z0-9-]{1,64}$/,
            'a header name, such as x-location',
          ).toLowerCase(),
    notify: notify(flags),
    passiveHealthMs: integerFlag('passive-health', flags['passive-health'], 0, 3600) * 1000 || null,
    halfCloseIdleMs: integerFlag('half-close-idle', flags['half-close-idle'], 0, 3600) * 1000,
    drainMs: integerFlag('drain-timeout', flags['drain-timeout'], 0, 3600) * 1000,
    accessLog: accessLogTarget(flags, absolute),
    tracing: tracingTarget(flags),
    json: flags.json,
    logLevel: flagOneOf('log-level', flags['log-level'], LOG_LEVELS),
  });
}

function listen(host: string, flag: string, port: string, hostFlag = 'host'): Listen {
  if (host !== 'localhost' && !parseIp(host)) throw wrong(hostFlag, host, 'an IP address or localhost');
  return { host, port: integerFlag(flag, port, 0, 65_535) };
}

const limit = (flag: string, value: string) => integerFlag(flag, value, 1, 1_000_000);

const REGIONS = /^(|WNAM|ENAM|WEU|EEU|NSAM|SSAM|OC|ME|NAF|SAF|SAS|SEAS|NEAS)$/;

function place(flags: Values<typeof START_FLAGS>): Place {
  const at = flags.coordinates === '' ? { latitude: null, longitude: null } : coordinates(flags.coordinates);
  if (at === null) throw wrong('coordinates', flags.coordinates, 'latitude and longitude, such as 50.1,8.7');
  return {
    pop: pattern('pop', flags.pop, /^[A-Z0-9]{3,8}$/, '3 to 8 capital letters or digits'),
    country: pattern('country', flags.country, /^[A-Z]{2}$/, 'a country code of two capital letters'),
    region: pattern('region', flags.region, REGIONS, 'one of the 13 region codes, such as WEU or ENAM'),
    ...at,
  };
}

/** With `any`, who can configure this process is on its machine already. */
function directNetworks(values: readonly string[], mode: StartConfig['auth']['mode']): DirectNetworks {
  const named = values.map((value) => networkOf('direct-network', value));
  return { named, dialled: mode === 'any' ? [...LOOPBACK, ...named] : named };
}

const SECRET_MINIMUM = 16;

function notify(flags: Values<typeof START_FLAGS>): StartConfig['notify'] {
  const url = flags['notify-url'];
  const secret = flags['notify-secret'];
  if (url === null) {
    if (secret !== null) throw new UsageError('--notify-secret signs notifications, and needs --notify-url');
    return null;
  }
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (!parsed || !/^https?:$/.test(parsed.protocol) || parsed.username !== '' || parsed.password !== '')
    throw wrong('notify-url', url, 'an http or https URL without a user name');
  if (secret !== null && secret.length < SECRET_MINIMUM) {
    throw new UsageError(
      `--notify-secret has ${secret.length} characters; take ${SECRET_MINIMUM} or more, for example from "openssl rand -hex 32"`,
    );
  }
  return { url, secret };
}

function authPolicy(flags: Values<typeof START_FLAGS>, apiHost: string): StartConfig['auth'] {
  const loopback = isLoopback(apiHost);
  const tokens = flags['api-token'];
  const mode = flagOneOf('auth', flags.auth ?? (loopback && tokens.length === 0 ? 'any' : 'strict'), [
    'any',
    'strict',
  ]);
  for (const token of tokens) {
    if (token.length < TOKEN_MINIMUM) {
      throw new UsageError(
        `--api-token has ${token.length} characters; take ${TOKEN_MINIMUM} or more, for example from "openssl rand -hex 32"`,
      );
    }
    if (!isBearerToken(token)) {
      throw new UsageError(
        '--api-token cannot be sent in an Authorization header: it takes up to 512 letters, digits and . _ ~ + / = -, without spaces; for example from "openssl rand -hex 32"',
      );
    }
  }
  if (mode === 'any' && !loopback) {
    throw new UsageError(
      `--auth any takes every credential, so it may not listen on ${apiHost}, where others can reach it; use --auth strict with --api-token, or --host 127.0.0.1`,
    );
  }
  if (mode === 'any') return { mode };
  if (tokens.length === 0) {
    const reason = loopback ? '--auth strict' : `listening on ${apiHost}, which others can reach,`;
    if (flags.memory)
      throw new UsageError(
        `${reason} needs an --api-token (OFFRAMP_API_TOKEN) with --memory; one is made and kept where there is a data directory`,
      );
    if (flags.standby)
      throw new UsageError(
        `${reason} needs an --api-token (OFFRAMP_API_TOKEN) with --standby: clients show the same one to whoever has taken over`,
      );
  }
  return { mode, digests: tokens.map((token) => createHash('sha256').update(token).digest()) };
}

export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true;
  const ip = parseIp(host);
  return ip?.family === 4 && ip.bytes[0] === 127;
}

function resolved(flag: string, file: string, right: string): string {
  // The working directory is what an empty path would stand for.
  if (file.trim() === '') throw wrong(flag, file, right);
  return absolute(file);
}

const absolute = (file: string) => path.resolve(file.replace(/^~(?=$|\/)/, os.homedir()));

const dataDir = (flags: Values<typeof START_FLAGS>) =>
  resolved('data-dir', flags['data-dir'], 'the path of a directory');

function edgeCaOut(flags: Values<typeof START_FLAGS>): string | null {
  if (flags['edge-ca-out'] === null) return null;
  const file = resolved('edge-ca-out', flags['edge-ca-out'], 'the path of a file');
  if (!flags.memory && file.startsWith(`${dataDir(flags)}${path.sep}`)) {
    throw wrong(
      'edge-ca-out',
      flags['edge-ca-out'],
      'a file outside of --data-dir, into which nobody else may look',
    );
  }
  return file;
}

function databaseUrl(flags: Values<typeof START_FLAGS>): string | null {
  const url = flags['database-url'];
  if (url === null) return null;
  if (flags.memory) throw new UsageError('--memory and --database-url (DATABASE_URL) exclude each other');
  if (!/^postgres(ql)?:\/\//.test(url)) throw new UsageError('--database-url must start with postgres://');
  return url;
}

function standby(flags: Values<typeof START_FLAGS>): boolean {
  if (flags.standby && flags['database-url'] === null) {
    throw new UsageError(
      '--standby waits for a PostgreSQL that two Offramps share, and needs --database-url (DATABASE_URL); an embedded database belongs to one process',
    );
  }
  return flags.standby;
}

function hexId(flag: string, value: string | null): string | null {
  return value === null ? null : pattern(flag, value, /^[0-9a-f]{32}$/, '32 lower-case hexadecimal digits');
}

function domain(value: string): string {
  return pattern(
    'domain',
    value.toLowerCase(),
    /^([a-z0-9][a-z0-9-]*\.)+[a-z0-9-]{2,20}$/,
    'a domain such as example.com',
  );
}
