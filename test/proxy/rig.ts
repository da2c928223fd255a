import net from 'node:net';
import pino from 'pino';
import { onTestFinished } from 'vitest';
import { offRampsUnderFaults } from '../../src/faults/under-faults.js';
import { NOWHERE } from '../../src/net/locations.js';
import { createHostIndex } from '../../src/proxy/hosts.js';
import { createProxy, type HttpsOptions, type ProxyOptions } from '../../src/proxy/proxy.js';
import { createRequestLog, type RequestLog } from '../../src/proxy/telemetry/request-log.js';
import { createHealthBoard, type HealthBoard, UNKNOWN_HEALTH } from '../../src/state/health-board.js';
import { createLoadBoard, type LoadBoard } from '../../src/state/load-board.js';
import type { LiveObjects } from '../../src/state/snapshot.js';
import { createSnapshotStore, type SnapshotStore } from '../../src/state/snapshot-store.js';
import { createSessions, type TrafficSessions } from '../../src/steering/affinity/sessions.js';
import { createSteering, type Steering } from '../../src/steering/decide.js';
import {
  DialError,
  type DialFailure,
  type OffRamps,
  type OriginSocket,
} from '../../src/tunnel/egress/contract.js';
import { LentReads } from '../../src/tunnel/egress/lent-reads.js';
import { liveLoadBalancer, liveOrigin, unmonitoredPool } from '../support/live-objects.js';

export const HOST = 'app.example.com';

export interface Rig {
  readonly port: number;
  /** 0 without `https`. */
  readonly httpsPort: number;
  readonly proxy: ReturnType<typeof createProxy>;
  /** What it was made with. */
  readonly proxyOptions: ProxyOptions;
  readonly store: SnapshotStore;
  readonly health: HealthBoard;
  readonly steering: Steering;
  readonly sessions: TrafficSessions;
  readonly load: LoadBoard;
  readonly requests: RequestLog;
  /** Addresses (`host:port`) in the order in which they were dialled. */
  readonly dialled: readonly string[];
  /** Applies a change as the next revision. */
  apply(upsert: { readonly [N in keyof LiveObjects]?: readonly LiveObjects[N][] }): void;
}

export interface RigOptions
  extends Partial<
    Pick<
      ProxyOptions,
      | 'limits'
      | 'passive'
      | 'timeouts'
      | 'originTls'
      | 'locationHeader'
      | 'offramps'
      | 'log'
      | 'proxyProtocol'
      | 'trustedProxies'
      | 'healthPath'
      | 'faults'
    >
  > {
  /** Ports on 127.0.0.1: the origins of one unmonitored pool behind HOST, in failover order with `hash` by default. */
  readonly origins?: readonly number[];
  readonly https?: HttpsOptions['certificates'];
  readonly upsert?: { readonly [N in keyof LiveObjects]?: readonly LiveObjects[N][] };
  /** Port by configuration -> the one that is really dialled: who may bind 443? */
  readonly ports?: Readonly<Record<number, number>>;
  /** Origin address -> how every dial to it fails. */
  readonly failures?: Readonly<Record<string, DialFailure | 'never connects'>>;
}

/** A proxy on a free port with a small configuration, closed at the end of the test. */
export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const store = createSnapshotStore();
  const health = createHealthBoard();
  const dialled: string[] = [];
  let revision = 0;
  const apply: Rig['apply'] = (upsert) => {
    revision += 1;
    store.apply({ revision, complete: false, upsert, remove: {} });
  };
  const origins = (options.origins ?? []).map((port) => liveOrigin({ port }));
  apply({
    pool: [unmonitoredPool({ id: 'pool', origins })],
    load_balancer: [liveLoadBalancer({ name: HOST, defaultPools: ['pool'] })],
    ...options.upsert,
  });
  const { pools } = store.snapshot;
  const load = createLoadBoard();
  const requests = createRequestLog();
  const sessions = createSessions({ pools, key: new Uint8Array(32), alwaysUseHttps: false });
  const { passive } = options;
  const steering = createSteering({ pools, health, load, sessions, ...(passive && { passive }) });
  const offramps = options.offramps ?? directOffRamps(options.failures ?? {}, options.ports ?? {}, dialled);
  const proxyOptions: ProxyOptions = {
    host: '127.0.0.1',
    port: 0,
    place: NOWHERE,
    https: options.https ? { host: '127.0.0.1', port: 0, certificates: options.https } : null,
    store,
    hosts: createHostIndex(store),
    steering,
    sessions,
    load,
    health,
    ...(passive && { passive }),
    requests,
    placeOf: () => NOWHERE,
    locationHeader: options.locationHeader ?? null,
    offramps: options.faults ? offRampsUnderFaults(offramps, options.faults) : offramps,
    log: options.log ?? pino({ level: 'silent' }),
    originTls: options.originTls ?? 'full',
    ...(options.limits && { limits: options.limits }),
    timeouts: { tick: 20, ...options.timeouts },
    ...(options.proxyProtocol && { proxyProtocol: options.proxyProtocol }),
    ...(options.trustedProxies && { trustedProxies: options.trustedProxies }),
    ...(options.healthPath && { healthPath: options.healthPath }),
    ...(options.faults && { faults: options.faults }),
  };
  const proxy = createProxy(proxyOptions);
  const { http, https } = await proxy.listen();
  onTestFinished(() => proxy.close());
  return {
    port: http.port,
    httpsPort: https?.port ?? 0,
    proxy,
    proxyOptions,
    store,
    health,
    steering,
    sessions,
    load,
    requests,
    dialled,
    apply,
  };
}

/** Off-ramps that go out directly, or fail as told. */
function directOffRamps(
  failures: NonNullable<RigOptions['failures']>,
  ports: NonNullable<RigOptions['ports']>,
  dialled: string[],
): OffRamps {
  return {
    select: () => ({ kind: 'direct' }),
    mayDial: () => true,
    dial(origin, port, { lent }) {
      dialled.push(`${origin.address}:${port}`);
      const failure = failures[origin.address] ?? failures[`${origin.address}:${port}`];
      if (failure === 'never connects') return new net.Socket();
      if (failure) return failingSocket(new DialError(failure, `told to fail with ${failure}`));
      const reads = lent ? new LentReads() : null;
      const socket = net.connect({
        host: origin.address,
        port: ports[port] ?? port,
        allowHalfOpen: true,
        noDelay: true,
        ...(reads && { onread: reads.onread }),
      });
      reads?.of(socket);
      return Object.assign(translateErrors(socket), { reads });
    },
    request() {
      throw new DialError('no_connection', 'there is no tunnel');
    },
    connectors: () => [],
  };
}

function failingSocket(error: DialError): OriginSocket {
  const socket = new net.Socket();
  setImmediate(() => socket.destroy(error));
  return socket;
}

/** The contract wants a DialError when connecting fails. */
function translateErrors(socket: net.Socket): OriginSocket {
  const emit = socket.emit.bind(socket);
  socket.emit = (event: string, ...rest: unknown[]) => {
    const [error] = rest as [NodeJS.ErrnoException | undefined];
    if (event === 'error' && error?.code === 'ECONNREFUSED') {
      return emit('error', new DialError('refused', error.message, { cause: error }));
    }
    return emit(event, ...rest);
  };
  return socket;
}

export function setHealth(rig: Rig, poolId: string, port: number, state: 'healthy' | 'unhealthy'): void {
  rig.health.set(poolId, `127.0.0.1:${port}`, { ...UNKNOWN_HEALTH, state });
}
