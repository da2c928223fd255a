import { present } from '../../../api/fields.js';
import { inUnicode } from '../../../net/hostnames.js';
import type { LiveLoadBalancer } from '../../../state/snapshot.js';
import type { DatabaseClient } from '../../../storage/database.js';
import type { Definition, Relation } from '../../../storage/tables/definition.js';
import { shownValues } from '../../_kit/fields.js';
import { keyIn } from '../../_kit/soft-deleted.js';
import { among, relationOf, type Stored, storedFrom, storedToWire } from '../../_kit/stored.js';
import { sessionOf, ttlInForce } from './affinity.js';
import { ATTRIBUTE_DEFAULTS } from './affinity-schema.js';
import { fields, type LoadBalancerValues, shownPolicy } from './fields.js';
import { DEFAULT_TTL, livePoolSets, liveRules, liveSettings } from './live.js';
import { namedPools } from './named-pools.js';

export interface LoadBalancer extends Stored<LoadBalancerValues> {
  /** The zone below whose name it stands; null for one of the account itself. A zone's name never changes. */
  readonly zone: { readonly id: string; readonly name: string } | null;
  /** The name as requests and DNS have it: lower case, in ASCII. Null without a zone. */
  readonly hostname: string | null;
}

/** Under which the load balancers of one owner, a zone or an account, stand in memory. */
export const ownerKey = (zoneId: string | null, accountId: string): string =>
  zoneId === null ? `account ${accountId}` : `zone ${zoneId}`;

export const ownerOf = ({ zone, accountId }: Pick<LoadBalancer, 'zone' | 'accountId'>) =>
  ownerKey(zone?.id ?? null, accountId);

/** Every pool that a load balancer names, in whatever field. */
export const poolIdsOf = ({ values }: Pick<LoadBalancer, 'values'>): string[] => [
  ...namedPools(values).keys(),
];

const poolRelation: Relation<LoadBalancer> = {
  table: 'load_balancer_pool',
  columns: ['load_balancer_id', 'pool_id'],
  key: ['load_balancer_id', 'pool_id'],
  rowsOf: (balancer) => poolIdsOf(balancer).map((pool_id) => ({ load_balancer_id: balancer.id, pool_id })),
};

export const loadBalancers: Definition<LoadBalancer, 'name' | 'pool' | 'account'> = {
  noun: 'load_balancer',
  ownerOf,
  createdAt: ({ createdOn }) => createdOn,
  indexes: {
    // In a zone no two have one host name, in an account no two one name.
    name: (balancer) => keyIn(ownerOf(balancer), balancer.hostname ?? balancer.values.name),
    pool: poolIdsOf,
    account: ({ accountId }) => accountId,
  },
  relations: [
    relationOf<typeof fields, LoadBalancer>('load_balancer', fields, {
      zone_id: ({ zone }) => zone?.id ?? null,
      hostname: ({ hostname }) => hostname,
    }),
    poolRelation,
  ],
  async load(db: DatabaseClient, ids) {
    const rows = await db.loadBalancer.findMany({
      where: among(ids),
      include: { zone: { select: { id: true, name: true } } },
    });
    return rows.map(({ zone, hostname, ...row }) => ({ ...storedFrom(fields, row), zone, hostname }));
  },
};

/** The load balancer as the data plane sees it. */
export const liveLoadBalancer = ({
  id,
  accountId,
  zone,
  hostname,
  values,
}: LoadBalancer): LiveLoadBalancer => ({
  id,
  accountId,
  zoneId: zone?.id ?? null,
  zoneName: zone?.name ?? '',
  name: hostname ?? values.name,
  enabled: values.enabled,
  proxied: values.proxied,
  settings: liveSettings(values),
  poolSets: livePoolSets(values),
  rules: liveRules(values),
});

/**
 * What is unset is left out, or shown as what is in force; maps of pools and lists are shown empty, because a client may
 * hold empty ones. Proxied ones show the default TTL too, though DNS has no use for it then.
 */
export function loadBalancerToWire(balancer: LoadBalancer) {
  const { values, zone } = balancer;
  const sessions = values.session_affinity !== 'none';
  return storedToWire(balancer, {
    ...shownValues(fields, {
      ...values,
      ttl: values.ttl ?? DEFAULT_TTL,
      steering_policy: shownPolicy(values),
      session_affinity_ttl: ttlInForce(sessionOf(values)),
      session_affinity_attributes:
        values.session_affinity_attributes ?? (sessions ? ATTRIBUTE_DEFAULTS : null),
    }),
    ...present({ zone_name: zone && inUnicode(zone.name) }),
  });
}
