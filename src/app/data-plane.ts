import { type Logger, pino } from 'pino';
import type { DataPlaneOptions } from '../bridge/data-plane-thread.js';
import type { FromDataPlane, ToDataPlane } from '../bridge/messages.js';
import { monitorEventOf } from '../health/reports/pool-health.js';
import { realTime } from '../net/clock.js';
import { answersOf } from './data-plane-answers.js';
import { createDataPlaneParts, type DataPlaneParts } from './data-plane-parts.js';
import type { DataPlaneSockets } from './data-plane-sockets.js';

/** What carries messages between a data plane and whoever has started it; a MessagePort is one. */
export interface DataPlaneChannel {
  postMessage(message: FromDataPlane): void;
  on(event: 'message', listener: (message: ToDataPlane) => void): unknown;
  /** Nothing is told any more. */
  close(): void;
}

type Post = (message: FromDataPlane) => void;

/**
 * Edge, off-ramps, health checks, proxy and DNS on one copy of the configuration, on sockets that are open. Resolves when all of it listens,
 * which `listening` has told by then. It ends when it is told to drain, and then closes the channel.
 */
export async function startDataPlane(
  options: DataPlaneOptions,
  sockets: DataPlaneSockets,
  channel: DataPlaneChannel,
): Promise<void> {
  const post: Post = (message) => channel.postMessage(message);
  const parts = createDataPlaneParts({ options, sockets, post, log: loggerOf(options) });
  const life = { draining: false };
  tellWhatHappens(parts, post, life);
  const answers = answersOf(parts);
  const { store, edge, proxy, dns, tcp, privates, healthReports } = parts;

  async function answer({ id, name, ask }: Extract<ToDataPlane, { type: 'ask' }>): Promise<void> {
    try {
      post({ type: 'answer', id, answer: await answers[name](ask as never) });
    } catch (error) {
      post({ type: 'refused', id, reason: (error as Error).message });
    }
  }

  channel.on('message', (message: ToDataPlane) => {
    switch (message.type) {
      case 'stage':
        store.stage(message.part);
        // In a turn of its own: the next part may be here before this one ends, and all parts would share one turn of the event loop.
        return void setImmediate(post, { type: 'staged' } satisfies FromDataPlane);
      case 'configure':
        store.apply(message.part);
        return void confirm(parts, message.part.revision, post);
      case 'ask':
        return void answer(message);
      case 'edge_certificate':
        edge.useCertificate(message);
        return parts.useCertificate(message);
      case 'reopen_logs':
        return parts.accessLog?.reopen();
      case 'drain':
        life.draining = true;
        return void drain(parts, message.graceMs).then(() => channel.close());
    }
  });

  store.apply(options.configuration);
  await privates?.settled();
  const listening = await proxy.listen();
  healthReports.flush();
  post({
    type: 'listening',
    edge: await edge.listen(),
    http: listening.http,
    https: listening.https!,
    onRamps: { dns: await dns.listen(), tcp: await tcp.listen() },
  });
}

function loggerOf({ logLevel }: DataPlaneOptions): Logger {
  const stderr = pino.destination({ fd: 2, sync: true });
  // Of a terminal that has hung up: what is under way still has to end.
  stderr.on('error', () => {});
  return pino({ level: logLevel, name: 'data-plane' }, stderr);
}

/** Events of health, and of connectors, for whoever writes them down. */
function tellWhatHappens(
  { store, edge, quickTunnels, prober, poolEvents, metrics }: DataPlaneParts,
  post: Post,
  life: { readonly draining: boolean },
): void {
  prober.onTransition(poolEvents.record);
  prober.onTransition(metrics.onTransition);
  prober.onFinding((finding) => {
    const event = monitorEventOf(finding, store.snapshot.pools.get(finding.target.poolId));
    if (event) post({ type: 'monitor_event', event });
  });
  edge.onConnection(({ type, connection, at }) => {
    // The database has no such tunnel.
    if (quickTunnels.has(connection.tunnelId)) return;
    // What is connected at the end is awaited at the next start.
    if (life.draining && type === 'closed') return;
    post(
      type === 'opened'
        ? { type: 'connection_opened', connection }
        : { type: 'connection_closed', connection, at },
    );
  });
  edge.onConfiguration(({ id, tunnelId }, configuration) =>
    post({ type: 'connection_configured', connectionId: id, tunnelId, configuration }),
  );
  edge.onLocalConfiguration((tunnelId, config) => {
    if (!quickTunnels.has(tunnelId)) post({ type: 'local_configuration', tunnelId, config });
  });
}

/**
 * New origins are down until their first probe, and connectors go by the configuration that they had until they have taken the
 * next one over: the writer hears of its change when both have been done, so that the next request really follows it. Those
 * that do not answer hold nobody up for longer than this.
 */
const SETTLING_MS = 200;

async function confirm(
  { prober, edge, privates, healthReports }: DataPlaneParts,
  revision: number,
  post: Post,
): Promise<void> {
  await Promise.all([prober.settled(SETTLING_MS), edge.configured(SETTLING_MS), privates?.settled()]);
  healthReports.flush();
  post({ type: 'applied', revision });
}

/** For the lines of the access log, and the spans, that still wait when everything else has ended. */
const LAST_LINES_MS = 1_000;

/** The proxy first: the requests that it still has under way may need the tunnels. */
async function drain(parts: DataPlaneParts, graceMs: number): Promise<void> {
  const { privates, prober, proxy, tcp, dns, poolEvents, edge, accessLog, spans } = parts;
  const end = realTime.monotonic() + graceMs;
  privates?.close();
  await Promise.all([prober.stop(), proxy.drain(graceMs), tcp.drain(graceMs), dns.drain(graceMs)]);
  poolEvents.flush();
  await edge.drain(Math.max(0, end - realTime.monotonic()));
  await Promise.all([accessLog?.close(LAST_LINES_MS), spans?.close(LAST_LINES_MS)]);
}
