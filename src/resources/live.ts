import type { LiveNoun, LiveObjects, SnapshotDelta } from '../state/snapshot.js';
import type { RowOf } from '../storage/tables/definition.js';
import type { Changed } from '../storage/tables/draft.js';
import { liveDnsRecord, livePublishedHostname } from './accounts/dns-records/definition.js';
import { liveZone } from './accounts/zones/definition.js';
import { DEFINITIONS } from './definitions.js';
import { liveLoadBalancer } from './load-balancing/load-balancers/definition.js';
import { liveMonitorGroup } from './load-balancing/monitor-groups/definition.js';
import { liveMonitor } from './load-balancing/monitors/definition.js';
import { livePool } from './load-balancing/pools/definition.js';
import { liveRoute } from './networks/routes/definition.js';
import { liveTunnel } from './tunnels/definition.js';

type Table = keyof typeof DEFINITIONS;

interface ToLive<Row, N extends LiveNoun = LiveNoun> {
  readonly noun: N;
  /** Null for what is none of the data plane's business. */
  readonly toLive: (row: Row) => LiveObjects[N] | null;
}

const shownAs = <N extends LiveNoun, Row>(noun: N, toLive: ToLive<Row, N>['toLive']): ToLive<Row, N> => ({
  noun,
  toLive,
});

/** What the data plane sees of each table, which may be one thing or another; it sees nothing of the others. */
const LIVE = {
  zones: [shownAs('zone', liveZone)],
  monitors: [shownAs('monitor', liveMonitor)],
  monitorGroups: [shownAs('monitor_group', liveMonitorGroup)],
  tunnels: [shownAs('tunnel', liveTunnel)],
  routes: [shownAs('route', liveRoute)],
  pools: [shownAs('pool', livePool)],
  loadBalancers: [shownAs('load_balancer', liveLoadBalancer)],
  dnsRecords: [shownAs('published_hostname', livePublishedHostname), shownAs('dns_record', liveDnsRecord)],
} satisfies { readonly [T in Table]?: readonly ToLive<RowOf<(typeof DEFINITIONS)[T]>>[] };

const SHOWN = Object.entries(LIVE).flatMap(([table, all]) =>
  (all as readonly ToLive<never>[]).map((one) => ({ table: table as Table, ...one })),
);

/** The step of the data plane to what has changed; `complete` when that is everything. */
export function liveDelta(changed: Changed, complete: boolean): Omit<SnapshotDelta, 'revision'> {
  const upsert: Partial<Record<LiveNoun, { readonly id: string }[]>> = {};
  const remove: Partial<Record<LiveNoun, string[]>> = {};
  for (const { table, noun, toLive } of SHOWN) {
    const rows = changed.get(table);
    if (!rows || (rows.size === 0 && !complete)) continue;
    const present: { readonly id: string }[] = [];
    const gone: string[] = [];
    const { isKept = () => true } = DEFINITIONS[table] as { isKept?: (row: never) => boolean };
    for (const [id, row] of rows) {
      const live =
        row && isKept(row as never) ? (toLive as (row: unknown) => { id: string } | null)(row) : null;
      if (live) present.push(live);
      else gone.push(id);
    }
    upsert[noun] = present;
    if (!complete) remove[noun] = gone;
  }
  return { complete, upsert: upsert as unknown as SnapshotDelta['upsert'], remove };
}
