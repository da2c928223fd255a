import { createQuestionCounts, type OnAnswered } from '../dns/transport.js';
import { realTime } from '../net/clock.js';
import { watchLoop } from '../net/process-watch.js';
import type { AccessLog } from '../proxy/telemetry/access-log.js';
import type { RequestSink } from '../proxy/telemetry/request-record.js';
import type { SpanExporter } from '../proxy/telemetry/tracing.js';
import { createTrafficCounts } from '../proxy/telemetry/traffic-counts.js';
import type { HealthTransition } from '../state/health-board.js';
import type { LoadView } from '../state/load-board.js';
import { createSeriesTable, type MetricsReport } from '../state/series-table.js';
import type { LiveChange, SnapshotStore } from '../state/snapshot-store.js';
import type { Edge } from '../tunnel/edge/edge.js';

/** What the data plane counts of itself. */
export interface DataPlaneMetrics {
  readonly requests: RequestSink;
  readonly tcpConnections: RequestSink;
  readonly onDnsAnswered: OnAnswered;
  readonly onChecked: (passed: boolean) => void;
  readonly onTransition: (transition: HealthTransition) => void;
  /** What was counted for objects that are gone goes at once. */
  forgetGone(): void;
  report(now: Present): MetricsReport;
}

/** What is not counted and looked at instead. */
interface Present {
  readonly load: LoadView;
  readonly edge: Pick<Edge, 'streams'>;
  readonly proxy: { readonly clientConnections: number };
  readonly accessLog: Pick<AccessLog, 'counts'> | null;
  readonly spans: Pick<SpanExporter, 'counts'> | null;
}

/** What is gone stays for two looks of this distance at least: whoever scrapes has seen its last counts. */
const FORGET_MS = 5 * 60_000;
const MAX_POOLS = 2_000;
const MAX_TUNNELS = 2_000;

export function createDataPlaneMetrics(store: SnapshotStore): DataPlaneMetrics {
  const { snapshot } = store;
  const traffic = createTrafficCounts();
  const questions = createQuestionCounts();
  const checks = createSeriesTable({ labels: 1, values: 1, limit: 2, names: 0 });
  const changes = createSeriesTable({ labels: 3, values: 1, limit: 5_000, names: 2 });
  const loop = watchLoop();
  /** Something may be counted that is gone. */
  let mayBeGone = 0;
  let lookedAt = realTime.monotonic();
  for (const result of ['passed', 'failed']) checks.of([result]);

  store.onChange('series', (made) => {
    // Two looks: the first one only finds out what is in use.
    if (made.some(takesNames)) mayBeGone = 2;
  });

  function names() {
    const origins = new Map<string, Set<string>>();
    for (const pool of snapshot.pools.values()) {
      const known = origins.get(pool.name) ?? new Set<string>();
      origins.set(pool.name, known);
      for (const origin of pool.origins) known.add(origin.name);
    }
    const hosts = new Set<string>();
    for (const { name } of snapshot.loadBalancers.values()) hosts.add(name);
    for (const { hostname } of snapshot.publishedHostnames.values()) hosts.add(hostname);
    return { hosts, origins };
  }

  function forget(how: { readonly evenInUse: boolean }): void {
    const known = names();
    traffic.forget(known, how);
    changes.forget(([pool, origin]) => !known.origins.get(pool!)?.has(origin!), how);
  }

  function forgetInTime(): void {
    const now = realTime.monotonic();
    if (mayBeGone === 0 || now - lookedAt < FORGET_MS) return;
    lookedAt = now;
    mayBeGone -= 1;
    forget({ evenInUse: false });
  }

  return {
    requests: traffic.requests,
    tcpConnections: traffic.tcpConnections,
    onDnsAnswered: questions.add,
    onChecked: (passed) => {
      checks.of([passed ? 'passed' : 'failed'])[0]! += 1;
    },
    onTransition: ({ poolName, originName, to }) => {
      changes.of([poolName, originName, to])[0]! += 1;
    },
    forgetGone: () => forget({ evenInUse: true }),
    report({ load, edge, proxy, accessLog, spans }) {
      forgetInTime();
      const underWay = createSeriesTable({ labels: 1, values: 2, limit: MAX_POOLS, names: 1 });
      for (const { id, name } of snapshot.pools.values()) {
        const numbers = underWay.of([name]);
        numbers[0]! += load.outstanding(id);
        numbers[1]! += load.connections(id);
      }
      const tunnelStreams = createSeriesTable({ labels: 1, values: 1, limit: MAX_TUNNELS, names: 1 });
      for (const [id, streams] of edge.streams())
        tunnelStreams.of([snapshot.tunnels.get(id)?.name ?? ''])[0]! += streams;
      return {
        revision: snapshot.revision,
        ...traffic.report(),
        dnsQuestions: questions.report(),
        healthChecks: checks.report(),
        healthChanges: changes.report(),
        underWay: underWay.report(),
        tunnelStreams: tunnelStreams.report(),
        clientConnections: proxy.clientConnections,
        accessLog: accessLog && { ...accessLog.counts },
        spans: spans && { ...spans.counts },
        loop: loop.read(),
      };
    },
  };
}

/** Whether a name that counts may be no object's any more. */
const takesNames = ({ noun, before }: LiveChange): boolean =>
  before !== undefined && (noun === 'load_balancer' || noun === 'pool' || noun === 'published_hostname');
