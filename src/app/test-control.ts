import type { ClockControl } from '../api/admin/clock.js';
import type { TestControl } from '../api/admin/test-control.js';
import type { RateLimit } from '../api/rate-limit.js';
import type { DataPlane } from '../live/data-plane.js';
import { TABLES, type WorkingWorld, type WorkingWrite } from '../resources/definitions.js';
import { firstOf, type Seeded, seedAgain } from '../resources/seed.js';
import { readContents, replaceContents } from '../storage/contents.js';
import type { Database } from '../storage/database.js';

export interface TestControlParts {
  readonly allowed: boolean;
  readonly write: WorkingWrite;
  readonly world: WorkingWorld;
  readonly db: Database;
  readonly dataPlane: Pick<DataPlane, 'ask'>;
  /** Resolves when what the data plane has told is written down. */
  readonly recorded: () => Promise<unknown>;
  readonly rateLimit: RateLimit | null;
  readonly clock: Pick<ClockControl, 'reset'>;
  readonly seeded: Seeded;
}

/** What tests do to the parts of this process together; one after the other. */
export function createTestControl(parts: TestControlParts): TestControl & { settled(): Promise<unknown> } {
  const { allowed, write, world, db, dataPlane, recorded, rateLimit, clock, seeded } = parts;
  let last: Promise<unknown> = Promise.resolve();

  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const one = last.then(task);
    last = one.catch(() => undefined);
    return one;
  }

  /** What is kept beside the configuration goes, and what was to be written down of it is written or lost. */
  async function forget(): Promise<void> {
    await dataPlane.ask('forget', null);
    await recorded();
    rateLimit?.clear();
  }

  return {
    allowed,
    reset: () =>
      inTurn(async () => {
        await clock.reset();
        return await seedAgain(write, seeded, forget);
      }),
    contents: () => readContents(db.read, TABLES),
    restore: (contents) =>
      inTurn(async () => {
        // Before, so that nothing of the state before is written down behind it; and after, when no more comes of that.
        await forget();
        await db.replace((client) => replaceContents(client, TABLES, contents));
        await dataPlane.ask('forget', null);
        return firstOf(world) ?? seeded;
      }),
    settled: () => last,
  };
}
