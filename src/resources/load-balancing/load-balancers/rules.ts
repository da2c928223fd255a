import { ApiError } from '../../../api/errors.js';
import { inAscii, inUnicode, isHostnameIn } from '../../../net/hostnames.js';
import { writesOf } from '../../_kit/change.js';
import { keyIn } from '../../_kit/soft-deleted.js';
import type { WorkingWorld } from '../../definitions.js';
import { ownerOf as keyOf, type LoadBalancer } from './definition.js';
import { fields, type LoadBalancerValues } from './fields.js';
import { checkLimits } from './limits.js';
import { namedPools } from './named-pools.js';

/** Pools that one load balancer may name in all its fields together. */
const MAX_NAMED_POOLS = 10_000;

/** Who has a load balancer: a zone, below whose name it stands, or an account itself, with a null zone. */
interface Owner {
  readonly accountId: string;
  readonly zone: { readonly id: string; readonly name: string } | null;
}

/** What a path names the owner by; that an account is there has been seen to before. */
export type BalancerScope = 'zone' | 'account';

function ownerOf(world: WorkingWorld, scope: BalancerScope, id: string): Owner {
  if (scope === 'account') return { accountId: id, zone: null };
  const zone = world.zones.get(id);
  if (!zone) throw new ApiError('no_such_route', `/zones/${id}`);
  return { accountId: zone.accountId, zone: { id: zone.id, name: zone.name } };
}

/** The key of the owner that a path names; throws when there is no such zone. */
export const ownerKeyOf = (world: WorkingWorld, scope: BalancerScope, id: string): string =>
  keyOf(ownerOf(world, scope, id));

export const balancerWrites = (scope: BalancerScope) =>
  writesOf<typeof fields, LoadBalancer>(
    ({ loadBalancers }) => loadBalancers,
    (world, ownerId, id) => {
      const owner = ownerKeyOf(world, scope, ownerId);
      const balancer = world.loadBalancers.get(id);
      if (!balancer || keyOf(balancer) !== owner) throw new ApiError('lb_object_missing', 'load balancer');
      return balancer;
    },
    (world, ownerId) => {
      const owner = ownerOf(world, scope, ownerId);
      return {
        declaration: fields,
        identity: (id) => ({ id, ...owner, hostname: null }),
        check: (values, before) => check(world, owner, values, before),
        derive: (balancer) => ({ ...balancer, hostname: hostnameFor(owner, balancer.values.name) }),
      };
    },
  );

/** What is stored already has been checked when it was written, and cannot have become wrong. */
function check(
  world: WorkingWorld,
  owner: Owner,
  values: LoadBalancerValues,
  before: LoadBalancer | null,
): void {
  const hostname = hostnameFor(owner, values.name);
  checkLimits(values, before?.values ?? null);
  checkNamedPools(world, owner.accountId, values, before?.values ?? null);
  if (values.name === before?.values.name) return;
  const key = keyIn(keyOf(owner), hostname ?? values.name);
  if (world.loadBalancers.by('name', key).some(({ id }) => id !== before?.id))
    throw new ApiError('value_not_unique');
}

function checkNamedPools(
  world: WorkingWorld,
  accountId: string,
  values: LoadBalancerValues,
  stored: LoadBalancerValues | null,
): void {
  const named = namedPools(values);
  if (named.size > MAX_NAMED_POOLS)
    throw invalid(`a load balancer must not name more than ${MAX_NAMED_POOLS} pools, this one ${named.size}`);
  const known: ReadonlyMap<string, string> = stored ? namedPools(stored) : new Map();
  for (const [id, fieldName] of named)
    if (!known.has(id) && world.pools.get(id)?.accountId !== accountId)
      throw invalid(`${fieldName} "${id}" is not a pool of this account`);
}

/**
 * The host name under which a load balancer of a zone is reached, whatever the case and script of its name; null for one
 * of an account, which is reached at an address. Throws when the name cannot be taken: of an account it may be any text.
 */
function hostnameFor({ zone }: Owner, name: string): string | null {
  const hostname = zone && inAscii(name);
  if (zone && !isHostnameIn(zone.name, hostname!)) {
    const above = inUnicode(zone.name);
    throw invalid(`invalid hostname: ${name} (it must be ${above} or end in .${above})`);
  }
  if (!zone && (name.trim() === '' || /\p{Cc}/u.test(name)))
    throw invalid('name must not be blank or have control characters');
  return hostname;
}

const invalid = (reason: string) => new ApiError('validation_failed', reason);
