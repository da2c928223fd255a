import type { ConnectionInfo, ListenAddress, OnRamps, QuestionName, Questions } from './messages.js';
import type { SnapshotDelta } from './snapshot.js';

/** The data plane as the control plane sees it, wherever it runs. */
export interface DataPlane {
  /** Where it listens; known once it has started. */
  readonly edge: ListenAddress;
  readonly http: ListenAddress;
  readonly https: ListenAddress;
  readonly onRamps: OnRamps;
  configure(delta: SnapshotDelta): void;
  /** Rejects when no answer came in time. */
  ask<Q extends QuestionName>(name: Q, ask: Questions[Q]['ask']): Promise<Questions[Q]['answer']>;
  /** The live connections of a tunnel, oldest first. */
  connections(tunnelId: string): readonly ConnectionInfo[];
  /** The edge shows it from now on; connections that are there stay. PEM. */
  useCertificate(leaf: { readonly certificate: string; readonly key: string }): void;
  /** Goes on in new files where those of logs were moved. */
  reopenLogs(): void;
  drain(graceMs: number): Promise<void>;
}
