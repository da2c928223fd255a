import type { Logger } from 'pino';
import { LIVE_NOUNS, type LiveNoun, type SnapshotDelta } from './snapshot.js';

type Changes = readonly (readonly [noun: string, id: string])[];
type Body = Omit<SnapshotDelta, 'revision'>;

export interface PublisherOptions {
  /** The present state of these objects. Gone ones come back in `remove`. */
  readonly load: (wanted: ReadonlyMap<LiveNoun, ReadonlySet<string>>) => Promise<Body>;
  readonly send: (delta: SnapshotDelta) => void;
  readonly log: Logger;
  /** Milliseconds that a writer waits for the data plane at most. */
  readonly patienceMs: number;
}

export interface Publisher {
  /** Brings a commit to the data plane; resolves when it follows, or after `patienceMs`. Never rejects. */
  publish(revision: number, changes: Changes): Promise<void>;
  /** The data plane says that it follows the delta of this revision. */
  applied(revision: number): void;
}

/** Commits that go to the data plane in one delta, and the writers that wait for it. */
interface Batch {
  revision: number;
  readonly wanted: Map<LiveNoun, Set<string>>;
  readonly followed: Promise<void>;
  readonly follow: () => void;
}

/**
 * Turns commits into deltas, one at a time. Commits that come in while one is being loaded go together: what is loaded is
 * always the present state, so a later delta never takes an earlier one back.
 */
export function createPublisher(options: PublisherOptions): Publisher {
  const inFlight = new Map<number, Batch>();
  let next: Batch | null = null;
  let running = false;

  async function run(): Promise<void> {
    if (running) return;
    running = true;
    while (next) {
      const batch: Batch = next;
      next = null;
      const body = await loadPatiently(batch);
      inFlight.set(batch.revision, batch);
      options.send({ revision: batch.revision, ...body });
    }
    running = false;
  }

  async function loadPatiently(batch: Batch): Promise<Body> {
    for (;;) {
      try {
        return await options.load(batch.wanted);
      } catch (error) {
        options.log.error({ err: error }, 'a change could not be loaded for the data plane; trying again');
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  return {
    async publish(revision, changes) {
      next ??= newBatch();
      const batch = next;
      batch.revision = Math.max(batch.revision, revision);
      for (const [noun, id] of changes) if (isLive(noun)) mark(batch.wanted, noun, id);
      void run();
      if (await within(options.patienceMs, batch.followed)) return;
      options.log.warn({ revision }, 'the data plane has not confirmed a change in time; answering anyway');
    },
    applied(revision) {
      inFlight.get(revision)?.follow();
      inFlight.delete(revision);
    },
  };
}

const RETRY_MS = 500;

function newBatch(): Batch {
  let follow: () => void = () => undefined;
  const followed = new Promise<void>((resolve) => {
    follow = resolve;
  });
  return { revision: 0, wanted: new Map(), followed, follow };
}

function mark(wanted: Map<LiveNoun, Set<string>>, noun: LiveNoun, id: string): void {
  wanted.set(noun, (wanted.get(noun) ?? new Set<string>()).add(id));
}

async function within(ms: number, done: Promise<void>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const inTime = await Promise.race([done.then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}

const isLive = (noun: string): noun is LiveNoun => (LIVE_NOUNS as readonly string[]).includes(noun);
