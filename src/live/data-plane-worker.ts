import { realTime } from '../net/real-time.js';
import { createConnectionTable } from './connection-table.js';
import type { DataPlane } from './data-plane.js';
import type { DataPlaneOptions } from './data-plane-options.js';
import type { DataPlaneThread } from './data-plane-thread.js';
import { createDeltaSender } from './delta-parts.js';
import type { ShownChange } from './health-table.js';
import type {
  ConnectionInfo,
  FromDataPlane,
  MonitorEvent,
  PoolEvent,
  QuestionName,
  Questions,
  ToDataPlane,
} from './messages.js';

export interface WorkerOptions {
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
