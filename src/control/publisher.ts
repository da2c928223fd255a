import type { Logger } from 'pino';
import { realTime } from '../net/clock.js';
import type { SnapshotDelta } from '../state/snapshot.js';

export interface PublisherOptions {
  readonly send: (delta: SnapshotDelta) => void;
  readonly log: Logger;
  /** Milliseconds that a writer waits for the data plane at most. */
  readonly patienceMs: number;
}

export interface Publisher {
  /**
   * Sends the delta of a commit to the data plane; resolves when it follows, or after `patienceMs`. Never rejects. Deltas
   * must come in the order of their revisions.
   */
  publish(delta: SnapshotDelta): Promise<void>;
  /** The data plane says that it follows the delta of this revision. */
  applied(revision: number): void;
}

/** Read your writes: holds the answer to a write until the data plane has said that it follows. */
export function createPublisher({ send, log, patienceMs }: PublisherOptions): Publisher {
  const waiting = new Map<number, () => void>();
  return {
    publish: (delta) =>
      new Promise((resolve) => {
        const giveUp = () => {
          waiting.delete(delta.revision);
          log.warn(
            { revision: delta.revision },
            'the data plane has not confirmed a change in time; answering anyway',
          );
          resolve();
        };
        const cancel = realTime.after(patienceMs, giveUp, { keepsAlive: true });
        waiting.set(delta.revision, () => {
          cancel();
          waiting.delete(delta.revision);
          resolve();
        });
        send(delta);
      }),
    applied(revision) {
      waiting.get(revision)?.();
    },
  };
}
