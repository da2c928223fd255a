import type { OriginHealthReport, PreviewReport, PreviewRequest } from '../../bridge/messages.js';
import type { Clock } from '../../net/clock.js';
import { hasEnoughHealthyOrigins } from '../../state/pool-health.js';
import type { LiveMonitor, LiveOrigin, LivePool } from '../../state/snapshot.js';
import type { SnapshotStore } from '../../state/snapshot-store.js';
import { checkOnce } from '../probes/check.js';
import { Cancellation, failed, type ProbeDependencies, type ProbeTarget } from '../probes/probe.js';

/** Tries of a monitor that nobody's health depends on. */
export interface Previews {
  /** Checks each enabled origin of the pools once, in the background. */
  start(request: PreviewRequest): void;
  /** The pools that are finished so far; null when the account has no such preview, or no longer. */
  report(accountId: string, previewId: string): PreviewReport | null;
  /** Forgets all, and breaks off what is under way. */
  clear(): void;
  stop(): Promise<void>;
}

interface PreviewsOptions {
  readonly store: SnapshotStore;
  readonly dependencies: ProbeDependencies;
  readonly clock: Clock;
  /** Checks under way at once, of all previews. */
  readonly maxInFlight?: number;
  /** Previews of one account; the oldest go. */
  readonly maxKept?: number;
}

const KEPT_MS = 5 * 60_000;
/** As many checks are started before the traffic on the same thread gets its turn: some end at once, and make room for the next. */
const STARTS_PER_TURN = 32;

interface Preview {
  readonly id: string;
  readonly accountId: string;
  readonly cancellation: Cancellation;
  readonly jobs: Iterator<Job>;
  readonly finished: PreviewReport['pools'][number][];
  readonly forget: () => void;
}

/** Checks one origin; never rejects. */
type Job = (cancellation: Cancellation) => Promise<void>;

export function createPreviews(options: PreviewsOptions): Previews {
  const { store, dependencies, clock, maxInFlight = 64, maxKept = 100 } = options;
  /** Oldest first. */
  const previews = new Map<string, Preview>();
  /** Those with jobs that have not been started. */
  const waiting = new Set<Preview>();
  const runs = new Set<Promise<void>>();

  let nextTurn: NodeJS.Immediate | undefined;

  function startSoon(): void {
    if (waiting.size > 0 && runs.size < maxInFlight) nextTurn ??= setImmediate(startWaiting);
  }

  function startWaiting(): void {
    nextTurn = undefined;
    let left = Math.min(STARTS_PER_TURN, maxInFlight - runs.size);
    for (const preview of waiting) {
      for (; left > 0; left -= 1) {
        const { done, value } = preview.jobs.next();
        if (done) break;
        start(preview, value);
      }
      if (left === 0) break;
      waiting.delete(preview);
    }
    startSoon();
  }

  function start(preview: Preview, job: Job): void {
    const run = job(preview.cancellation).finally(() => {
      runs.delete(run);
      startSoon();
    });
    runs.add(run);
  }

  function drop(preview: Preview): void {
    preview.forget();
    preview.cancellation.cancel();
    waiting.delete(preview);
    previews.delete(preview.id);
  }

  function makeRoom(accountId: string): void {
    const own = [...previews.values()].filter((preview) => preview.accountId === accountId);
    for (const preview of own.slice(0, Math.max(0, own.length - maxKept + 1))) drop(preview);
  }

  const clear = () => {
    for (const preview of [...previews.values()]) drop(preview);
  };

  return {
    clear,
    start({ previewId, accountId, monitor, poolIds }) {
      makeRoom(accountId);
      const pools = poolIds.flatMap((id) => store.snapshot.pools.get(id) ?? []);
      const finished: Preview['finished'] = [];
      const preview: Preview = {
        id: previewId,
        accountId,
        cancellation: new Cancellation(),
        jobs: jobsOf(pools, monitor, dependencies, finished),
        finished,
        forget: clock.after(KEPT_MS, () => drop(preview)),
      };
      previews.set(previewId, preview);
      waiting.add(preview);
      startSoon();
    },
    report(accountId, previewId) {
      const preview = previews.get(previewId);
      return preview?.accountId === accountId ? { pools: [...preview.finished] } : null;
    },
    async stop() {
      clearImmediate(nextTurn);
      clear();
      await Promise.allSettled(runs);
    },
  };
}

/** One job for each enabled origin, made when there is room for it; the last one of a pool finishes the pool. */
function* jobsOf(
  pools: readonly LivePool[],
  monitor: LiveMonitor,
  dependencies: ProbeDependencies,
  finished: Preview['finished'],
): Generator<Job> {
  for (const pool of pools) {
    const enabled = pool.origins.filter((origin) => origin.enabled);
    const reports: OriginHealthReport[] = new Array(enabled.length);
    let missing = enabled.length;
    const finish = () =>
      finished.push({ poolId: pool.id, healthy: isHealthy(pool, enabled, reports), origins: reports });
    if (missing === 0) finish();
    for (const [index, origin] of enabled.entries()) {
      yield async (cancellation) => {
        reports[index] = await reportOn({ poolId: pool.id, origin, monitor }, dependencies, cancellation);
        missing -= 1;
        if (missing === 0) finish();
      };
    }
  }
}

async function reportOn(
  target: ProbeTarget,
  dependencies: ProbeDependencies,
  cancellation: Cancellation,
): Promise<OriginHealthReport> {
  // A try cannot wait for a tunnel that may come back.
  const result =
    (await checkOnce(target, dependencies, cancellation))?.result ?? failed('Network Unreachable');
  const { address } = target.origin;
  const { passed, reason, detail, responseCode, rttMs } = result;
  return {
    address,
    state: passed ? 'healthy' : 'unhealthy',
    failureReason: reason,
    failureDetail: detail,
    responseCode,
    rttMs,
  };
}

/** By the rule for traffic, of what the preview has found: its monitor checks the pool, whatever monitor that has. */
function isHealthy(
  { minimumOrigins }: LivePool,
  enabled: readonly LiveOrigin[],
  reports: readonly OriginHealthReport[],
): boolean {
  const states = new Map(enabled.map(({ key }, index) => [key, reports[index]!.state]));
  return hasEnoughHealthyOrigins({ monitored: true, minimumOrigins, origins: enabled }, (key) =>
    states.get(key),
  );
}
