import { regionsOf } from '../../../domain/regions.js';
import { inAscii, isAscii } from '../../../net/hostnames.js';
import type { LiveNotificationFilter, LiveOrigin, LivePool } from '../../../state/snapshot.js';
import type { DatabaseClient } from '../../../storage/database.js';
import type { Definition, Relation } from '../../../storage/tables/definition.js';
import { keyIn } from '../../_kit/soft-deleted.js';
import { among, relationOf, type Stored, storedFrom, valuesFrom } from '../../_kit/stored.js';
import { fields, type PoolValues } from './fields.js';
import { canonicalAddress, ipOf } from './origin-address.js';
import { fieldsOfOrigin, type OriginValues } from './origin-fields.js';

export interface Pool extends Stored<PoolValues> {
  /** Since when it has been disabled; null while it is enabled. */
  readonly disabledAt: Date | null;
  /** The same of each origin, in their order. */
  readonly originsDisabledAt: readonly (Date | null)[];
}

/** By its canonical address an origin keeps the time since when it has been disabled. `modifiedOn` is the time of the write. */
export function withDisabledTimes(pool: Pool, before: Pool | null): Pool {
  const known = new Map(
    before?.values.origins.map(({ address }, index) => [
      canonicalAddress(address),
      before.originsDisabledAt[index],
    ]),
  );
  const since = (enabled: boolean, known: Date | null | undefined) =>
    enabled ? null : (known ?? pool.modifiedOn);
  return {
    ...pool,
    disabledAt: since(pool.values.enabled, before?.disabledAt),
    originsDisabledAt: pool.values.origins.map(({ enabled, address }) =>
      since(enabled, known.get(canonicalAddress(address))),
    ),
  };
}

const originRelation: Relation<Pool> = {
  table: 'origin',
  columns: ['pool_id', 'position', 'account_id', ...Object.keys(fieldsOfOrigin), 'ip', 'disabled_at'],
  key: ['pool_id', 'position'],
  rowsOf: ({ id, accountId, values, originsDisabledAt }) =>
    values.origins.map((origin, position) => ({
      ...origin,
      pool_id: id,
      position,
      account_id: accountId,
      ip: ipOf(origin.address),
      disabled_at: originsDisabledAt[position],
    })),
};

export const pools: Definition<Pool, 'name' | 'monitor' | 'monitor_group' | 'ip' | 'virtual_network'> = {
  noun: 'pool',
  ownerOf: ({ accountId }) => accountId,
  createdAt: ({ createdOn }) => createdOn,
  indexes: {
    name: ({ accountId, values }) => keyIn(accountId, values.name),
    monitor: ({ values }) => values.monitor,
    monitor_group: ({ values }) => values.monitor_group,
    // Of origins in a virtual network, for the rule that an address stands in one of the account.
    ip: ({ accountId, values }) =>
      values.origins.flatMap(({ address, virtual_network_id }) => {
        const ip = virtual_network_id === null ? null : ipOf(address);
        return ip === null ? [] : keyIn(accountId, ip);
      }),
    virtual_network: ({ values }) => [
      ...new Set(values.origins.flatMap(({ virtual_network_id }) => virtual_network_id ?? [])),
    ],
  },
  relations: [
    relationOf<typeof fields, Pool>('pool', fields, { disabled_at: ({ disabledAt }) => disabledAt }),
    originRelation,
  ],
  async load(db: DatabaseClient, ids) {
    const rows = await db.pool.findMany({
      where: among(ids),
      include: { origins: { orderBy: { position: 'asc' } } },
    });
    return rows.map(({ origins, ...row }) => ({
      ...storedFrom(fields, row, {
        origins: origins.map((origin) => valuesFrom(fieldsOfOrigin, origin)),
      }),
      disabledAt: row.disabledAt,
      originsDisabledAt: origins.map(({ disabledAt }) => disabledAt),
    }));
  },
};

/** The pool as the data plane sees it. */
export function livePool(pool: Pool): LivePool {
  const { id, accountId, values } = pool;
  const { load_shedding: shedding, notification_filter: filter } = values;
  return {
    id,
    accountId,
    name: values.name,
    enabled: values.enabled,
    minimumOrigins: values.minimum_origins,
    monitorId: values.monitor,
    monitorGroupId: values.monitor_group,
    originSteering: values.origin_steering?.policy ?? 'random',
    checkRegions: values.check_regions && regionsOf(values.check_regions),
    healthSources: values.health_sources?.includes('regional') ? 'regional' : 'local',
    latitude: values.latitude,
    longitude: values.longitude,
    loadShedding: {
      defaultPercent: shedding?.default_percent ?? 0,
      defaultPolicy: shedding?.default_policy ?? 'random',
      sessionPercent: shedding?.session_percent ?? 0,
    },
    notifications: { pool: notificationFilter(filter?.pool), origin: notificationFilter(filter?.origin) },
    origins: values.origins.map((origin, index) => liveOrigin(pool, origin, index)),
  };
}

interface Filter {
  readonly disable?: boolean | null | undefined;
  readonly healthy?: boolean | null | undefined;
}

const notificationFilter = (filter: Filter | null | undefined): LiveNotificationFilter => ({
  disable: filter?.disable ?? false,
  healthy: filter?.healthy ?? null,
});

/** By which health checks know the origin within its pool. */
export const originKey = ({ address, port, virtual_network_id, header }: OriginValues): string =>
  JSON.stringify([canonicalAddress(address), port, virtual_network_id, header?.Host[0] ?? null]);

/** DNS and HTTP know names in ASCII only. */
const onTheWire = (name: string) => (isAscii(name) ? name : inAscii(name));

function liveOrigin({ accountId, originsDisabledAt }: Pool, origin: OriginValues, index: number): LiveOrigin {
  const host = origin.header?.Host[0];
  return {
    key: originKey(origin),
    accountId,
    name: origin.name,
    address: onTheWire(origin.address),
    ip: ipOf(origin.address),
    enabled: origin.enabled,
    disabledAt: originsDisabledAt[index]?.getTime() ?? null,
    weight: origin.weight,
    port: origin.port,
    host: host === undefined ? null : onTheWire(host),
    virtualNetworkId: origin.virtual_network_id,
    flattenCname: origin.flatten_cname,
  };
}
