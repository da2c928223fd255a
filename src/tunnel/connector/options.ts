import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { hostPort, parseIp } from '../../net/addresses.js';
import { realTime } from '../../net/clock.js';
import type { AddressMap, ConnectorLog, ConnectorOptions } from './contract.js';
import { type IngressConfiguration, parseConfiguration } from './ingress/configuration.js';

interface ConnectorSettings {
  readonly credentials: TunnelCredentials;
  readonly edges: readonly HostPort[];
  readonly ca: string;
  readonly map: AddressMap;
  readonly connections: number;
  readonly log: ConnectorLog;
  readonly gracePeriodMs: number;
  readonly version: string;
  readonly configuration: IngressConfiguration;
}

const MAX_CONNECTIONS = 16;
/** No timer takes more: it would be over at once. */
const MAX_GRACE_MS = 2 ** 31 - 1;

/** Throws what is wrong with the first option that is. */
export function readOptions(options: ConnectorOptions): ConnectorSettings {
  const credentials = decodeToken(options.token);
  const edges = [options.edge].flat().map(parseEdge);
  if (edges.length === 0) throw new Error('a connector needs the address of an edge, such as 127.0.0.1:7844');
  const { ingress, originRequest, 'warp-routing': warpRouting } = options;
  return {
    credentials,
    edges,
    ca: options.ca,
    map: readMap(options.map ?? {}),
    connections: checkCount(options.connections ?? 4),
    log: options.log,
    gracePeriodMs: checkGracePeriod(options.gracePeriodMs ?? 30_000),
    version: options.version ?? 'offramp/0.1.0',
    configuration: parseConfiguration({ ingress, originRequest, 'warp-routing': warpRouting }),
  };
}

function readMap(map: NonNullable<ConnectorOptions['map']>): AddressMap {
  const entries = map instanceof Map ? [...map] : Object.entries(map);
  return parseMap(entries.map(([from, to]) => `${from}=${to}`));
}

function checkGracePeriod(ms: number): number {
  if (ms >= 0 && ms <= MAX_GRACE_MS) return ms;
  throw new Error(`the grace period has 0 to ${MAX_GRACE_MS} milliseconds, not ${ms}`);
}

function checkCount(connections: number): number {
  if (Number.isInteger(connections) && connections >= 1 && connections <= MAX_CONNECTIONS) return connections;
  throw new Error(`a connector has 1 to ${MAX_CONNECTIONS} connections, not ${connections}`);
}

/** What a tunnel token proves: the tunnel, its account and its secret. */
interface TunnelCredentials {
  readonly accountTag: string;
  /** UUID. */
  readonly tunnelId: string;
  readonly secret: Buffer;
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Reads a token as the API gives it: base64 of `{"a": account, "t": tunnel, "s": base64 secret}`. Throws what is wrong. */
export function decodeToken(token: string): TunnelCredentials {
  const { a, t, s } = decodeTokenJson(token.trim());
  if (typeof a !== 'string' || a === '') throw invalidToken('"a" must be the account id');
  if (typeof t !== 'string' || !UUID.test(t)) throw invalidToken('"t" must be the UUID of the tunnel');
  if (typeof s !== 'string' || !BASE64.test(s))
    throw invalidToken('"s" must be the secret of the tunnel in base64');
  return { accountTag: a, tunnelId: t.toLowerCase(), secret: Buffer.from(s, 'base64') };
}

function decodeTokenJson(token: string): Record<string, unknown> {
  if (token === '') throw invalidToken('it is empty');
  if (!BASE64.test(token))
    throw invalidToken('it is not base64; copy it whole, without quotes or line breaks');
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(token, 'base64').toString('utf8'));
  } catch {
    throw invalidToken('its base64 does not hold JSON; is it cut off?');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidToken('it does not hold an object');
  return value as Record<string, unknown>;
}

/** Never quotes the token: it is a secret. */
function invalidToken(reason: string): Error {
  return new Error(`invalid tunnel token: ${reason}`);
}

const LOOKUP_TIMEOUT_MS = 10_000;

/** Throws what is wrong with the text. */
export function parseEdge(text: string): HostPort {
  const edge = parseHostPort(text);
  if (!edge)
    throw new Error(`invalid edge address "${text}": it must be <host>:<port>, such as 127.0.0.1:7844`);
  return edge;
}

/**
 * Every address that edges have now, each once: a name stands for all of its addresses. Names that are not found are left
 * out; rejects when nothing is left.
 */
export async function resolveEdges(edges: readonly HostPort[]): Promise<HostPort[]> {
  const results = await Promise.allSettled(edges.map(addressesOf));
  const found = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  const failed = results.find((result) => result.status === 'rejected');
  if (found.length === 0) throw failed?.reason;
  return [...new Map(found.map((address) => [`${address.host} ${address.port}`, address])).values()];
}

async function addressesOf({ host, port }: HostPort): Promise<HostPort[]> {
  if (isIP(host)) return [{ host, port }];
  const timer = new AbortController();
  const late = realTime.wait(LOOKUP_TIMEOUT_MS, { keepsAlive: true, signal: timer.signal }).then(() => {
    throw new Error(`the edge's name ${host} was not resolved within ${LOOKUP_TIMEOUT_MS} ms`);
  });
  late.catch(() => {});
  const found = await Promise.race([lookup(host, { all: true }), late]).finally(() => timer.abort());
  return found.map(({ address }) => ({ host: address, port }));
}

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Reads `10.0.0.1:80=127.0.0.1:9001`, `[fd00::1]:80=localhost:9001`. Throws what is wrong, and with which entry. */
export function parseMap(entries: readonly string[]): AddressMap {
  const map = new Map<string, string>();
  for (const entry of entries) {
    const [from, to, ...rest] = entry.split('=');
    const source = parseIpPort(from ?? '');
    if (!source || to === undefined || rest.length > 0) {
      throw new Error(`invalid mapping "${entry}": it must be <ip>:<port>=<host>:<port>`);
    }
    if (!parseHostPort(to)) throw new Error(`invalid mapping "${entry}": "${to}" is not <host>:<port>`);
    const key = formatIpPort(source);
    if (map.has(key))
      throw new Error(`invalid mapping "${entry}": ${key} is mapped already, to ${map.get(key)}`);
    map.set(key, to);
  }
  return map;
}

/** `localhost:80`, `127.0.0.1:80` or `[::1]:80`; null for anything else. */
export function parseHostPort(text: string): HostPort | null {
  const ip = parseIpPort(text);
  if (ip) return ip;
  const match = /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  // Digits and dots alone are an address with a mistake in it, not a name.
  if (!match || /^[\d.]+$/.test(match[1]!) || port < 1 || port > 65_535) return null;
  return { host: match[1]!, port };
}

interface IpPort {
  /** Canonical IP address. */
  readonly host: string;
  readonly port: number;
}

/** `10.0.0.1:80` or `[fd00::1]:80`; null for anything else, host names included. */
export function parseIpPort(text: string): IpPort | null {
  const match = /^(?:\[([^\]]*:[^\]]*)\]|([^[\]:]+)):(\d{1,5})$/.exec(text);
  const ip = match && parseIp(match[1] ?? match[2]!);
  const port = Number(match?.[3]);
  return ip && port >= 1 && port <= 65_535 ? { host: ip.text, port } : null;
}

/** The same destination is always the same text. */
export function formatIpPort({ host, port }: IpPort): string {
  return hostPort(host, port);
}
