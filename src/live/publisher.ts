import type { Logger } from 'pino';
import { LIVE_NOUNS, type LiveNoun, type SnapshotDelta } from './snapshot.js';

type Changes = readonly (readonly [noun: string, id: string])[];
type Body = Omit<SnapshotDelta, 'revision'>;

export interface PublisherOptions {
  /** The present state of these objects; of all of them when `wanted` is null. Gone ones come back in `remove`. */
  readonly load: (wanted: ReadonlyMap<LiveNoun, ReadonlySet<string>> | null) => Promise<Body>;
  readonly send: (delta: SnapshotDelta) => void;
  readonly log: Logger;
  /** Milliseconds that a writer waits for the data plane at most. */
  readonly patienceMs: number;
}

export interface Publisher {
  /** Sends everything there is; resolves when the data plane has it. */
  start(revision: number): Promise<void>;
  /** Brings a commit to the data plane; resolves when it has it, or after `patienceMs`. Never rejects. */
  publish(revision: number, changes: Changes): Promise<void>;
  /** The data plane says which revision it has. */
  applied(revision: number): void;
}

/**
 * Turns commits into deltas, one at a time. Commits that come in while one is being loaded are sent together: what is
 * loaded is always the present state, so a later delta never takes an earlier one back.
 */
export function createPublisher(options: PublisherOptions): Publisher {
  const waiters = new Set<Waiter>();
  let dirty = new Map<LiveNoun, Set<string>>();
  let newest = 0;
  let sent = 0;
  let acknowledged = 0;
  let running = false;

  /** Resolves with whether the data plane has the revision; false after `ms`. */
  function reached(revision: number, ms: number): Promise<boolean> {
    if (acknowledged >= revision) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (done: boolean) => {
        clearTimeout(timer);
        waiters.delete(waiter);
        resolve(done);
      };
      const timer = setTimeout(settle, ms, false);
      const waiter: Waiter = { revision, settle };
      waiters.add(waiter);
    });
  }

  async function run(): Promise<void> {
    if (running) return;
    running = true;
    while (newest > sent) {
      const [revision, wanted] = [newest, dirty];
      dirty = new Map();
      try {
        options.send({ revision, ...(await options.load(wanted)) });
        sent = revision;
      } catch (error) {
        options.log.error(
          { err: error, revision },
          'the configuration could not be loaded for the data plane; trying again',
        );
        for (const [noun, ids] of wanted) for (const id of ids) mark(noun, id);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    running = false;
  }

  function mark(noun: LiveNoun, id: string): void {
    const ids = dirty.get(noun) ?? new Set<string>();
    dirty.set(noun, ids.add(id));
  }

  return {
    async start(revision) {
      newest = sent = revision;
      options.send({ revision, ...(await options.load(null)) });
      if (!(await reached(revision, START_PATIENCE_MS))) {
        throw new Error(`the data plane did not take the configuration within ${START_PATIENCE_MS / 1000} s`);
      }
    },
    async publish(revision, changes) {
      for (const [noun, id] of changes) if (isLive(noun)) mark(noun, id);
      newest = Math.max(newest, revision);
      void run();
      if (await reached(revision, options.patienceMs)) return;
      options.log.warn(
        { revision, acknowledged },
        'the data plane has not confirmed a change in time; answering anyway',
      );
    },
    applied(revision) {
      acknowledged = Math.max(acknowledged, revision);
      for (const waiter of waiters) if (waiter.revision <= acknowledged) waiter.settle(true);
    },
  };
}

interface Waiter {
  readonly revision: number;
  settle(done: boolean): void;
}

const START_PATIENCE_MS = 30_000;
const RETRY_MS = 500;

const isLive = (noun: string): noun is LiveNoun => (LIVE_NOUNS as readonly string[]).includes(noun);
