import { initialOf } from '../../resources/_kit/fields.js';
import type { WorkingWorld } from '../../resources/definitions.js';
import { type LoadBalancer, ownerKey } from '../../resources/load-balancing/load-balancers/definition.js';
import * as balancer from '../../resources/load-balancing/load-balancers/fields.js';
import { type BalancerScope, balancerWrites } from '../../resources/load-balancing/load-balancers/rules.js';
import type { MonitorGroup } from '../../resources/load-balancing/monitor-groups/definition.js';
import * as group from '../../resources/load-balancing/monitor-groups/fields.js';
import { groupWrites } from '../../resources/load-balancing/monitor-groups/rules.js';
import type { Monitor } from '../../resources/load-balancing/monitors/definition.js';
import * as monitor from '../../resources/load-balancing/monitors/fields.js';
import { monitorWrites } from '../../resources/load-balancing/monitors/rules.js';
import type { Pool } from '../../resources/load-balancing/pools/definition.js';
import * as pool from '../../resources/load-balancing/pools/fields.js';
import { fieldsOfOrigin } from '../../resources/load-balancing/pools/origin-fields.js';
import { poolWrites } from '../../resources/load-balancing/pools/rules.js';
import { seedNoun } from '../noun.js';
import { type Mention, mention } from '../references.js';
import { sentOf } from '../sent.js';

export const seededMonitors = seedNoun<Monitor>({
  table: 'monitors',
  member: 'monitors',
  one: 'monitor',
  body: monitor.body,
  references: [],
  rows: (world, owner) => world.monitors.of(owner),
  nameOf: ({ values }) => values.description || null,
  create: (draft, owner, body, settings) => monitorWrites(settings).create(draft, owner, body),
  sent: ({ values }) => ({
    type: values.type,
    ...sentOf(monitor.fields, values, monitor.initialOfType(values.type)),
  }),
});

export const seededMonitorGroups = seedNoun<MonitorGroup>({
  table: 'monitorGroups',
  member: 'monitor_groups',
  one: 'monitor group',
  body: group.bodies.write,
  references: [mention('members.*.monitor_id', 'monitors')],
  rows: (world, owner) => world.monitorGroups.of(owner),
  nameOf: ({ values }) => values.description || null,
  create: (draft, owner, body) => groupWrites.create(draft, owner, body),
  sent: ({ values }) => values,
});

const originInitial = initialOf(fieldsOfOrigin);
const poolInitial = initialOf(pool.fields);

export const seededPools = seedNoun<Pool>({
  table: 'pools',
  member: 'pools',
  one: 'pool',
  body: pool.bodies.write,
  references: [
    mention('monitor', 'monitors'),
    mention('monitor_group', 'monitor_groups'),
    mention('origins.*.virtual_network_id', 'virtual_networks'),
    mention('origins.*.address', 'tunnels', { suffix: '.cfargotunnel.com' }),
  ],
  rows: (world, owner) => world.pools.of(owner),
  nameOf: ({ values }) => values.name,
  create: (draft, owner, body, settings) => poolWrites(settings).create(draft, owner, body),
  sent: ({ values }) => ({
    ...sentOf(pool.fields, values, poolInitial),
    origins: values.origins.map((origin) => sentOf(fieldsOfOrigin, origin, originInitial)),
  }),
});

/** Wherever pools stand in a load balancer, in what its rules override, and in pool sets. */
const poolReferences: readonly Mention[] = ['', 'rules.*.overrides.', 'pool_sets.*.overrides.'].flatMap(
  (within) =>
    [
      ...['default_pools.*', 'fallback_pool', 'region_pools.*.*', 'country_pools.*.*', 'pop_pools.*.*'],
      ...['pools.*', 'pool_weights.~', 'random_steering.pool_weights.~'],
    ].map((at) => mention(`${within}${at}`, 'pools')),
);

const balancerInitial = initialOf(balancer.fields);

const balancersOf = (
  scope: BalancerScope,
  rows: (world: WorkingWorld, owner: string) => readonly LoadBalancer[],
) =>
  seedNoun<LoadBalancer>({
    table: 'loadBalancers',
    member: 'load_balancers',
    one: 'load balancer',
    body: balancer.bodies.write,
    references: poolReferences,
    rows,
    nameOf: ({ values }) => values.name,
    create: (draft, owner, body) => balancerWrites(scope).create(draft, owner, body),
    sent: ({ values }) => sentOf(balancer.fields, values, balancerInitial),
  });

export const seededLoadBalancersOfZones = balancersOf('zone', (world, zoneId) =>
  world.loadBalancers.of(ownerKey(zoneId, world.zones.get(zoneId)!.accountId)),
);

export const seededLoadBalancersOfAccounts = balancersOf('account', (world, accountId) =>
  world.loadBalancers.of(ownerKey(null, accountId)),
);
