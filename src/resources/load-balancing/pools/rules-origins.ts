import { ApiError } from '../../../api/errors.js';
import type { Cidr } from '../../../net/cidr.js';
import { createMayDial, type MayDial } from '../../../net/direct-networks.js';
import type { Client } from '../../../storage/database.js';
import { zoneNames } from '../../accounts/zones/index.js';
import { uncoveredByRoutes } from '../../networks/routes/index.js';
import type { OriginFields } from './fields.js';
import { refuseSecondNetwork } from './one-network.js';
import { hostAllowed } from './origin-host.js';
import { refuseRepeats } from './origin-repeats.js';
import { type PlacedOrigin, placeOrigin } from './placed-origin.js';
import * as store from './store.js';

/** The most origins that one pool can have. */
const MAX_ORIGINS = 1000;

export interface OriginScope {
  readonly accountId: string;
  /** Null while the pool does not exist. */
  readonly poolId: string | null;
  /** Where an IP address may stand in one virtual network only. */
  readonly uniqueness: 'account' | 'pool';
  /** Whether the pool has a monitor or a monitor group. */
  readonly monitored: boolean;
  /** What health checks reach although the Internet does not route it. */
  readonly directNetworks: readonly Cidr[];
}

/** Everything that must hold for a pool's origins before they are stored; throws what the first broken rule says. */
export async function checkOrigins(
  db: Client,
  scope: OriginScope,
  origins: readonly OriginFields[],
): Promise<void> {
  if (origins.length < 1 || origins.length > MAX_ORIGINS)
    throw invalid(`the origin list length must be in range [1, ${MAX_ORIGINS}]`);
  const placed = origins.map(placeOrigin);
  refuseRepeats(placed);
  await checkHostHeaders(db, scope.accountId, placed);
  const networks = await networksOf(db, scope.accountId, placed);
  for (const one of placed) checkPlace(one, networks);
  if (scope.monitored) refuseUnroutable(placed, createMayDial(scope.directNetworks));
  await checkRoutes(db, placed, networks);
  if (scope.uniqueness === 'account')
    await refuseSecondNetwork(db, scope.accountId, scope.poolId, placed, networks);
}

async function checkHostHeaders(
  db: Client,
  accountId: string,
  placed: readonly PlacedOrigin[],
): Promise<void> {
  const withHost = placed.filter(({ origin }) => origin.header);
  if (withHost.length === 0) return;
  const zones = await zoneNames(db, accountId);
  for (const { origin } of withHost) {
    const host = origin.header!.Host[0]!;
    if (hostAllowed(host, origin.address, zones)) continue;
    throw invalid(
      `Host header ${JSON.stringify(host)} not allowed for origin domain ${JSON.stringify(origin.address)}`,
    );
  }
}

/** The live virtual networks that the origins name, by id. */
async function networksOf(
  db: Client,
  accountId: string,
  placed: readonly PlacedOrigin[],
): Promise<ReadonlyMap<string, store.Network>> {
  const ids = new Set(placed.flatMap(({ origin }) => origin.virtual_network_id ?? []));
  const networks = ids.size === 0 ? [] : await store.liveNetworks(db, accountId, [...ids]);
  return new Map(networks.map((one) => [one.id, one]));
}

/**
 * What health checks could not reach: an address without a virtual network that the Internet does not route, and that is in none
 * of `directNetworks`. A pool that is not monitored may have it.
 */
export function refuseUnroutableOrigins(
  origins: readonly OriginFields[],
  directNetworks: readonly Cidr[],
): void {
  refuseUnroutable(origins.map(placeOrigin), createMayDial(directNetworks));
}

function refuseUnroutable(placed: readonly PlacedOrigin[], isReached: MayDial): void {
  for (const { shown, origin, address } of placed) {
    if (origin.virtual_network_id !== null || address.kind !== 'ip' || isReached(address.ip.text)) continue;
    throw invalid(
      `Origin address is invalid or is not globally routable and has health monitoring enabled (${shown} needs a virtual_network_id and a tunnel route that covers it, a network of --direct-network around it, or a pool without a monitor)`,
    );
  }
}

/** A virtual network is one of the account, and a host name lies in none. */
function checkPlace(
  { at, shown, origin, address }: PlacedOrigin,
  networks: ReadonlyMap<string, store.Network>,
): void {
  const networkId = origin.virtual_network_id;
  if (networkId === null) return;
  if (!networks.has(networkId))
    throw invalid(`${at}.virtual_network_id "${networkId}" is not a virtual network of this account`);
  if (address.kind !== 'ip')
    throw invalid(`${shown} is a host name, which cannot be in a virtual network; give its IP address`);
}

async function checkRoutes(
  db: Client,
  placed: readonly PlacedOrigin[],
  networks: ReadonlyMap<string, store.Network>,
): Promise<void> {
  for (const network of networks.values()) {
    const inside = placed.filter(({ origin }) => origin.virtual_network_id === network.id);
    const uncovered = await uncoveredByRoutes(
      db,
      network.id,
      inside.map(({ address }) => address.canonical),
    );
    const first = inside.find(({ address }) => uncovered.has(address.canonical));
    if (!first) continue;
    throw invalid(
      `virtual_network_id does not belong to tunnel route that covers origin IP (no route of the virtual network ${JSON.stringify(network.name)} covers ${first.shown})`,
    );
  }
}

const invalid = (reason: string) => new ApiError('validation_failed', reason);
