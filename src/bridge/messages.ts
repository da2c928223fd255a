import type { ClockMove, ClockState } from '../net/settable-clock.js';
import type { FailureReason, HealthState, ShownChange } from '../state/health-board.js';
import type { MetricsReport } from '../state/series-table.js';
import type { LiveMonitor, LivePool, SnapshotDelta } from '../state/snapshot.js';
import type { DataPlaneFault, FaultReport } from './faults.js';
import type { ExplainQuestion, Explanation, FoundRequests, RequestFilter } from './reports.js';

/** What crosses the thread boundary between the control plane and the data plane, both ways. */

export interface ConnectionInfo {
  /** UUID that the edge gave this connection. */
  readonly id: string;
  readonly tunnelId: string;
  /** UUID of the connector process. */
  readonly clientId: string;
  readonly clientVersion: string;
  readonly arch: string;
  readonly features: readonly string[];
  readonly connIndex: number;
  readonly coloName: string;
  readonly originIp: string;
  /** Unix milliseconds. */
  readonly openedAt: number;
  /** How far it has come with what it is told. */
  readonly configuration: ConfigurationState;
}

export interface ConfigurationState {
  /** The version that its connector says it goes by; null while it has said none. */
  readonly applied: number | null;
  /** The newest version was not taken over, or nothing is known of it. */
  readonly failed: { readonly version: number; readonly reason: string } | null;
}

export interface OriginHealthReport {
  readonly address: string;
  readonly state: HealthState;
  readonly failureReason: FailureReason;
  readonly failureDetail: string | null;
  readonly responseCode: number;
  readonly rttMs: number | null;
}

export interface PoolHealthReport {
  /** Null while no probe has finished. */
  readonly healthy: boolean | null;
  readonly origins: readonly OriginHealthReport[];
  /** What each region finds by itself, for a pool that regions check; null otherwise. */
  readonly regions: readonly RegionHealthReport[] | null;
}

export interface RegionHealthReport {
  readonly region: string;
  readonly healthy: boolean;
  readonly origins: readonly OriginHealthReport[];
}

/** A try of a monitor on pools. */
export interface PreviewRequest {
  readonly previewId: string;
  readonly accountId: string;
  readonly monitor: LiveMonitor;
  readonly poolIds: readonly string[];
}

/** The pools of which every enabled origin has been checked. */
export interface PreviewReport {
  readonly pools: readonly {
    readonly poolId: string;
    readonly healthy: boolean;
    readonly origins: readonly OriginHealthReport[];
  }[];
}

/** Origins of a pool have become healthy or unhealthy: the pool and its origins after that. */
export interface PoolEvent {
  readonly accountId: string;
  readonly poolId: string;
  readonly poolName: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly healthy: boolean;
  /** Whether the pool itself has become healthy or unhealthy with them. */
  readonly changed: boolean;
  readonly minimumOrigins: number;
  readonly origins: readonly {
    readonly name: string;
    readonly address: string;
    readonly ip: string | null;
    readonly enabled: boolean;
    readonly healthy: boolean;
    readonly changed: boolean;
    readonly failureReason: FailureReason;
  }[];
  /** What is to be notified of it. */
  readonly notifications: LivePool['notifications'];
}

/** A monitor that has no say in an origin's health has come to find it healthy or unhealthy. */
export interface MonitorEvent {
  readonly accountId: string;
  readonly poolId: string;
  readonly poolName: string;
  readonly monitorId: string;
  readonly originName: string;
  readonly address: string;
  readonly healthy: boolean;
  readonly failureReason: FailureReason;
  /** Unix milliseconds. */
  readonly at: number;
  readonly notifications: LivePool['notifications'];
}

/** Where a load balancer of an account takes requests. */
export interface PrivateAddress {
  /** Of the load balancer. */
  readonly id: string;
  readonly accountId: string;
  readonly name: string;
  /** Null without an address. */
  readonly host: string | null;
  /** Null while nothing listens. */
  readonly port: number | null;
  /** Why nothing listens. */
  readonly error: string | null;
}

/** A port of TCP that belongs to the load balancer of this host name. */
export interface TcpAddress extends ListenAddress {
  readonly name: string;
}

/** Where traffic comes in besides HTTP. */
export interface OnRamps {
  readonly dns: ListenAddress;
  readonly tcp: readonly TcpAddress[];
}

/** A tunnel that nobody has configured, with the host name that leads to it. */
export interface QuickTunnel {
  /** UUID. */
  readonly id: string;
  readonly name: string;
  readonly hostname: string;
  /** The account that its connector names: one that nobody has. */
  readonly accountTag: string;
  /** Base64. */
  readonly secret: string;
}

/** Questions that only the data plane can answer, with the type of each answer. */
export interface Questions {
  pool_health: { ask: { poolId: string }; answer: PoolHealthReport };
  /** Answers as soon as the checks have been started. */
  start_preview: { ask: PreviewRequest; answer: null };
  /** Null when there is no such preview of this account, or no longer. */
  preview: { ask: { accountId: string; previewId: string }; answer: PreviewReport | null };
  requests: { ask: RequestFilter; answer: FoundRequests };
  /**
   * Requests are numbered from 1 as they come. `count`: how many of those with a number above `after` fit; `added`: the number of the newest;
   * `cleared`: that of the newest when they were last forgotten.
   */
  count_requests: {
    ask: { readonly filter: RequestFilter; readonly after: number };
    answer: { readonly count: number; readonly added: number; readonly cleared: number };
  };
  forget_requests: { ask: null; answer: null };
  /** Rejects a host or target that cannot be read. */
  explain: { ask: ExplainQuestion; answer: Explanation };
  faults: { ask: null; answer: readonly FaultReport<DataPlaneFault>[] };
  /** Takes them in place of those before; answers when every verdict, and what is dialled from now on, follows them. */
  set_faults: { ask: readonly DataPlaneFault[]; answer: null };
  add_fault: { ask: DataPlaneFault; answer: null };
  /** By name; answers whether there was one. */
  remove_fault: { ask: string; answer: boolean };
  /** What its clock does. It has heard of everything that was told before. */
  clock: { ask: null; answer: ClockState };
  /** As `SettableClock.move`; what has come of it has been told before. */
  set_clock: { ask: { readonly to: ClockState; readonly passage: ClockMove }; answer: boolean };
  /** Forgets what it has by itself: the log of requests, faults, sessions by headers, previews, quick tunnels. */
  forget: { ask: null; answer: null };
  /** What was counted since the thread began, and how it is at the moment. */
  metrics: { ask: null; answer: MetricsReport };
  /** Of the enabled load balancers of accounts, as soon as those that can listen do so. */
  private_addresses: { ask: null; answer: readonly PrivateAddress[] };
  /** Rejects when there are as many as there may be. */
  open_quick_tunnel: { ask: null; answer: QuickTunnel };
  /** Ends the connections of a tunnel, or only those of one connector; answers how many there were. */
  drop_connections: { ask: { tunnelId: string; clientId: string | null }; answer: number };
}

export type QuestionName = keyof Questions;

export type ToDataPlane =
  /** A part of a big delta, to put aside. Nothing of it counts yet. */
  | { readonly type: 'stage'; readonly part: SnapshotDelta }
  /** To apply in one step, with what has been put aside before it. */
  | { readonly type: 'configure'; readonly part: SnapshotDelta }
  | {
      readonly type: 'ask';
      readonly id: number;
      readonly name: QuestionName;
      readonly ask: Questions[QuestionName]['ask'];
    }
  /** For new connections of connectors, and of HTTPS clients for whose name there is none. PEM. */
  | { readonly type: 'edge_certificate'; readonly certificate: string; readonly key: string }
  /** The file of the access log was moved. */
  | { readonly type: 'reopen_logs' }
  /** Stop accepting, let what is under way end for at most `graceMs`, then exit. */
  | { readonly type: 'drain'; readonly graceMs: number };

export type FromDataPlane =
  | {
      readonly type: 'listening';
      readonly edge: ListenAddress;
      readonly http: ListenAddress;
      readonly https: ListenAddress;
      readonly onRamps: OnRamps;
    }
  | { readonly type: 'staged' }
  | { readonly type: 'applied'; readonly revision: number }
  | { readonly type: 'answer'; readonly id: number; readonly answer: Questions[QuestionName]['answer'] }
  | { readonly type: 'refused'; readonly id: number; readonly reason: string }
  | { readonly type: 'health_shown'; readonly changes: readonly ShownChange[] }
  | { readonly type: 'pool_event'; readonly event: PoolEvent }
  | { readonly type: 'monitor_event'; readonly event: MonitorEvent }
  | { readonly type: 'connection_opened'; readonly connection: ConnectionInfo }
  | { readonly type: 'connection_closed'; readonly connection: ConnectionInfo; readonly at: number }
  | {
      readonly type: 'connection_configured';
      readonly connectionId: string;
      readonly tunnelId: string;
      readonly configuration: ConfigurationState;
    }
  /** A connector of a locally managed tunnel tells its configuration: JSON text of an object. */
  | { readonly type: 'local_configuration'; readonly tunnelId: string; readonly config: string };

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}
