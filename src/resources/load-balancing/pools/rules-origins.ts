import { ApiError } from '../../../api/errors.js';
import { type Cidr, createMayDial } from '../../../net/addresses.js';
import { keyIn } from '../../_kit/soft-deleted.js';
import type { WorkingWorld } from '../../definitions.js';
import { coveringRoute } from '../../networks/routes/definition.js';
import { canonicalHostName, type OriginAddress, parseOriginAddress } from './origin-address.js';
import type { OriginValues } from './origin-fields.js';

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

/** An origin of a request with what its address means and how messages name it. */
interface PlacedOrigin {
  /** `origins[3]`. */
  readonly at: string;
  /** `origins[3].address "10.0.0.1"`, as the client wrote it. */
  readonly shown: string;
  readonly origin: OriginValues;
  readonly address: OriginAddress;
}

/** Everything that must hold for a pool's origins before they are stored; throws what the first broken rule says. */
export function checkOrigins(
  world: WorkingWorld,
  scope: OriginScope,
  origins: readonly OriginValues[],
): void {
  if (origins.length < 1 || origins.length > MAX_ORIGINS)
    throw invalid(`the origin list length must be in range [1, ${MAX_ORIGINS}]`);
  const placed = origins.map(placeOrigin);
  refuseRepeats(placed);
  checkHostHeaders(world, scope.accountId, placed);
  for (const one of placed) checkPlace(world, scope.accountId, one);
  if (scope.monitored) refuseUnroutableOrigins(origins, scope.directNetworks);
  for (const one of placed) checkRoute(world, one);
  if (scope.uniqueness === 'account') for (const one of placed) refuseSecondNetwork(world, scope, one);
}

/** Throws when the address is neither an IP address nor a host name. */
function placeOrigin(origin: OriginValues, index: number): PlacedOrigin {
  const at = `origins[${index}]`;
  const shown = `${at}.address ${JSON.stringify(origin.address)}`;
  const address = parseOriginAddress(origin.address);
  if (!address) throw invalid(`${shown} is neither an IP address nor a host name`);
  return { at, shown, origin, address };
}

/** Inside a pool a name and an address, in whatever spelling, port or network, stand once. */
function refuseRepeats(placed: readonly PlacedOrigin[]): void {
  const names = new Map<string, PlacedOrigin>();
  const addresses = new Map<string, PlacedOrigin>();
  for (const one of placed) {
    const namesake = names.get(one.origin.name);
    if (namesake)
      throw repeated(`${one.at}.name ${JSON.stringify(one.origin.name)}`, `${namesake.at} has it`);
    names.set(one.origin.name, one);
    const same = addresses.get(one.address.canonical);
    if (same) throw repeated(one.shown, `it is ${same.shown}, whatever the port or virtual network`);
    addresses.set(one.address.canonical, one);
  }
}

const repeated = (shown: string, holder: string) => invalid(`${shown} must be unique in the pool: ${holder}`);

function checkHostHeaders(world: WorkingWorld, accountId: string, placed: readonly PlacedOrigin[]): void {
  const withHost = placed.filter(({ origin }) => origin.header);
  if (withHost.length === 0) return;
  const zones = world.zones.of(accountId).map(({ name }) => name);
  for (const { origin } of withHost) {
    const host = origin.header!.Host[0]!;
    if (!isHostAllowed(host, origin.address, zones))
      throw invalid(
        `Host header ${JSON.stringify(host)} not allowed for origin domain ${JSON.stringify(origin.address)}`,
      );
  }
}

/** Whether an origin at `address` may be asked for `host`: a name in a zone of the account, or the address itself. */
export function isHostAllowed(host: string, address: string, zoneNames: readonly string[]): boolean {
  const wanted = parseOriginAddress(host)?.canonical;
  if (wanted === undefined) return false;
  if (wanted === parseOriginAddress(address)?.canonical) return true;
  const name = canonicalHostName(host);
  return name !== null && zoneNames.some((zone) => name === zone || name.endsWith(`.${zone}`));
}

/** A virtual network is one of the account, and a host name lies in none. */
function checkPlace(
  world: WorkingWorld,
  accountId: string,
  { at, shown, origin, address }: PlacedOrigin,
): void {
  const networkId = origin.virtual_network_id;
  if (networkId === null) return;
  if (world.virtualNetworks.get(networkId)?.accountId !== accountId)
    throw invalid(`${at}.virtual_network_id "${networkId}" is not a virtual network of this account`);
  if (address.kind !== 'ip')
    throw invalid(`${shown} is a host name, which cannot be in a virtual network; give its IP address`);
}

/**
 * What health checks could not reach: an address without a virtual network that the Internet does not route, and that is in none
 * of `directNetworks`. A pool that is not monitored may have it.
 */
export function refuseUnroutableOrigins(
  origins: readonly OriginValues[],
  directNetworks: readonly Cidr[],
): void {
  const isReached = createMayDial(directNetworks);
  for (const { shown, origin, address } of origins.map(placeOrigin)) {
    if (origin.virtual_network_id !== null || address.kind !== 'ip' || isReached(address.ip.text)) continue;
    throw invalid(
      `Origin address is invalid or is not globally routable and has health monitoring enabled (${shown} needs a virtual_network_id and a tunnel route that covers it, a network of --direct-network around it, or a pool without a monitor)`,
    );
  }
}

function checkRoute(world: WorkingWorld, { shown, origin, address }: PlacedOrigin): void {
  const networkId = origin.virtual_network_id;
  if (networkId === null || coveringRoute(world, networkId, address.canonical)) return;
  const { name } = world.virtualNetworks.get(networkId)!;
  throw invalid(
    `virtual_network_id does not belong to tunnel route that covers origin IP (no route of the virtual network ${JSON.stringify(name)} covers ${shown})`,
  );
}

/**
 * An IP address stands in one virtual network of the account. In that network, and outside of all, any number of pools may
 * have it.
 */
function refuseSecondNetwork(
  world: WorkingWorld,
  { accountId, poolId }: OriginScope,
  placed: PlacedOrigin,
): void {
  const { shown, origin, address } = placed;
  const networkId = origin.virtual_network_id;
  if (networkId === null) return;
  for (const pool of world.pools.by('ip', keyIn(accountId, address.canonical))) {
    const other = pool.values.origins.find(
      (one) =>
        one.virtual_network_id !== null &&
        one.virtual_network_id !== networkId &&
        parseOriginAddress(one.address)?.canonical === address.canonical,
    );
    if (!other || pool.id === poolId) continue;
    throw invalid(
      `${shown} is ${labelOf(world, networkId)}, but the pool "${pool.values.name}" (${pool.id}) has it ${labelOf(world, other.virtual_network_id!)}: an IP address can be in one virtual network of an account only`,
    );
  }
}

/** A network that was deleted has no name any more. */
function labelOf(world: WorkingWorld, id: string): string {
  const network = world.virtualNetworks.get(id);
  return network
    ? `in the virtual network ${JSON.stringify(network.name)} (${id})`
    : `in a virtual network that was deleted (${id})`;
}

const invalid = (reason: string) => new ApiError('validation_failed', reason);
