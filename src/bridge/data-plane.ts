import { realTime } from '../net/clock.js';
import type { ShownChange } from '../state/health-board.js';
import type { SnapshotDelta } from '../state/snapshot.js';
import { createDeltaSender } from '../state/snapshot-store.js';
import type { DataPlaneOptions, DataPlaneThread } from './data-plane-thread.js';
import type {
  ConfigurationState,
  ConnectionInfo,
  FromDataPlane,
  ListenAddress,
  MonitorEvent,
  OnRamps,
  PoolEvent,
  QuestionName,
  Questions,
  ToDataPlane,
} from './messages.js';

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

interface WorkerOptions {
  readonly thread: DataPlaneThread;
  readonly start: DataPlaneOptions;
  readonly onApplied: (revision: number) => void;
  readonly onConnection: (event: ConnectionEvent) => void;
  /** A connector of a locally managed tunnel has told its configuration: JSON text of an object. */
  readonly onLocalConfiguration: (tunnelId: string, config: string) => void;
  readonly onHealthShown: (changes: readonly ShownChange[]) => void;
  readonly onPoolEvent: (event: PoolEvent) => void;
  readonly onMonitorEvent: (event: MonitorEvent) => void;
  /** The thread ended without being asked to. */
  readonly onFailure: (error: Error) => void;
}

/** A connection that came or went, and how many its tunnel has now. */
export type ConnectionEvent = Extract<FromDataPlane, { connection: ConnectionInfo }> & {
  readonly remaining: number;
};

const ANSWER_MS = 5_000;
const MAX_OPEN_QUESTIONS = 1_024;

interface OpenQuestion {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
}

/** Starts the data plane in its thread, whose sockets are open, and resolves when it serves them. */
export function startDataPlaneWorker(options: WorkerOptions): Promise<DataPlane> {
  const { worker, ended } = options.thread;
  const questions = new Map<number, OpenQuestion>();
  const connections = createConnectionTable();
  let listening = false;
  let draining = false;
  let lastQuestion = 0;

  const post = (message: ToDataPlane) => worker.postMessage(message);
  const deltas = createDeltaSender((type, part) => post({ type, part }));

  function ask<Q extends QuestionName>(
    name: Q,
    question: Questions[Q]['ask'],
  ): Promise<Questions[Q]['answer']> {
    if (questions.size >= MAX_OPEN_QUESTIONS)
      return Promise.reject(new Error('the data plane does not keep up with questions'));
    const id = ++lastQuestion;
    return new Promise((resolve, reject) => {
      const late = () => settle(id)?.reject(new Error(`no answer to ${name} in ${ANSWER_MS} ms`));
      const cancel = realTime.after(ANSWER_MS, late, { keepsAlive: true });
      questions.set(id, {
        resolve: (answer) => {
          cancel();
          resolve(answer);
        },
        reject: (error) => {
          cancel();
          reject(error);
        },
      });
      post({ type: 'ask', id, name, ask: question });
    });
  }

  function settle(id: number): OpenQuestion | undefined {
    const question = questions.get(id);
    questions.delete(id);
    return question;
  }

  return new Promise((resolve, reject) => {
    worker.on('message', (message: FromDataPlane) => {
      switch (message.type) {
        case 'listening':
          listening = true;
          return resolve({
            edge: message.edge,
            http: message.http,
            https: message.https,
            configure: deltas.send,
            onRamps: message.onRamps,
            ask,
            connections: connections.of,
            useCertificate: ({ certificate, key }) => post({ type: 'edge_certificate', certificate, key }),
            reopenLogs: () => post({ type: 'reopen_logs' }),
            async drain(graceMs) {
              draining = true;
              post({ type: 'drain', graceMs });
              await ended.catch(() => {});
            },
          });
        case 'staged':
          return deltas.staged();
        case 'applied':
          return options.onApplied(message.revision);
        case 'answer':
          return settle(message.id)?.resolve(message.answer as never);
        case 'refused':
          return settle(message.id)?.reject(new Error(message.reason));
        case 'health_shown':
          return options.onHealthShown(message.changes);
        case 'pool_event':
          return options.onPoolEvent(message.event);
        case 'monitor_event':
          return options.onMonitorEvent(message.event);
        case 'connection_opened':
          return options.onConnection({ ...message, remaining: connections.add(message.connection) });
        case 'connection_closed':
          return options.onConnection({ ...message, remaining: connections.remove(message.connection) });
        case 'connection_configured':
          return connections.configured(message.tunnelId, message.connectionId, message.configuration);
        case 'local_configuration':
          return options.onLocalConfiguration(message.tunnelId, message.config);
      }
    });
    const fail = (error: Error) => {
      if (!listening) reject(error);
      else if (!draining) options.onFailure(error);
      draining = true;
    };
    ended.catch(fail);
    worker.postMessage(options.start);
  });
}

/** The live connections, as the control plane knows them from what the data plane tells. */
interface ConnectionTable {
  /** Both tell how many connections the tunnel has now. */
  add(connection: ConnectionInfo): number;
  remove(connection: ConnectionInfo): number;
  configured(tunnelId: string, connectionId: string, configuration: ConfigurationState): void;
  /** Oldest first. */
  of(tunnelId: string): readonly ConnectionInfo[];
}

export function createConnectionTable(): ConnectionTable {
  const tunnels = new Map<string, Map<string, ConnectionInfo>>();
  return {
    add(connection) {
      const ofTunnel = tunnels.get(connection.tunnelId) ?? new Map<string, ConnectionInfo>();
      tunnels.set(connection.tunnelId, ofTunnel.set(connection.id, connection));
      return ofTunnel.size;
    },
    remove({ id, tunnelId }) {
      const ofTunnel = tunnels.get(tunnelId);
      ofTunnel?.delete(id);
      if (ofTunnel?.size === 0) tunnels.delete(tunnelId);
      return ofTunnel?.size ?? 0;
    },
    configured(tunnelId, connectionId, configuration) {
      const ofTunnel = tunnels.get(tunnelId);
      const connection = ofTunnel?.get(connectionId);
      // One that has gone meanwhile stays gone.
      if (connection) ofTunnel!.set(connectionId, { ...connection, configuration });
    },
    of: (tunnelId) => [...(tunnels.get(tunnelId)?.values() ?? [])],
  };
}
