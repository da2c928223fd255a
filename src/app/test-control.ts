import type { TrafficMinutes } from '../analytics/traffic-minutes.js';
import type { ClockControl } from '../api/admin/clock.js';
import type { TestControl } from '../api/admin/test-control.js';
import type { ApiFaults } from '../api/api-faults.js';
import type { CallLog } from '../api/call-log.js';
import { ApiError } from '../api/errors.js';
import type { RateLimit } from '../api/rate-limit.js';
import type { DataPlane } from '../bridge/data-plane.js';
import { createTurns } from '../net/clock.js';
import { TABLES, type WorkingWorld, type WorkingWrite } from '../resources/definitions.js';
import { type FirstAccount, firstOf, startOver } from '../resources/first-account.js';
import type { Seeding } from '../seed/apply.js';
import type { SeedFile } from '../seed/file.js';
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
  readonly calls: Pick<CallLog, 'clear'>;
  readonly traffic: Pick<TrafficMinutes, 'forget'>;
  readonly apiFaults: ApiFaults;
  readonly clock: Pick<ClockControl, 'reset'>;
  /** As the start has found or made it. */
  readonly first: FirstAccount;
  /** That of the start. */
  readonly seed: SeedFile | null;
  readonly settings: Seeding['settings'];
}

/** What tests do to the parts of this process together; one after the other. */
export function createTestControl(parts: TestControlParts): TestControl & { settled(): Promise<unknown> } {
  const {
    allowed,
    write,
    world,
    db,
    dataPlane,
    recorded,
    rateLimit,
    calls,
    traffic,
    apiFaults,
    clock,
    first,
    seed,
  } = parts;
  const seeding = { settings: parts.settings, first };
  const inTurn = createTurns();

  /** What is kept beside the configuration goes, and what was to be written down of it is written or lost. */
  async function forget(): Promise<void> {
    await dataPlane.ask('forget', null);
    await traffic.forget();
    await recorded();
    rateLimit?.clear();
    calls.clear();
    apiFaults.list.replace([]);
  }

  return {
    allowed,
    reset: (to) =>
      inTurn(async () => {
        if (to === 'seed' && !seed) throw new ApiError('no_seed');
        const applySeed = to === 'seed' ? (await seeds()).applySeed : null;
        await clock.reset();
        return await startOver(write, first, forget, (draft) => {
          applySeed?.(draft, seed!, seeding);
        });
      }),
    async seed({ name, text }) {
      const { applySeed, readSeed } = await seeds();
      return await write((draft) => applySeed(draft, readSeed(name, text), seeding));
    },
    asSeed: async () => (await seeds()).seedOf(world),
    contents: () => readContents(db.read, TABLES),
    restore: (contents) =>
      inTurn(async () => {
        // Before, so that nothing of the state before is written down behind it.
        await recorded();
        await db.replace((client) => replaceContents(client, TABLES, contents));
        await forget();
        return firstOf(world) ?? first;
      }),
    settled: inTurn.settled,
  };
}

/** A start without a seed needs none of it. */
async function seeds() {
  const parts = [import('../seed/apply.js'), import('../seed/file.js'), import('../seed/export.js')] as const;
  const [{ applySeed }, { readSeed }, { seedOf }] = await Promise.all(parts);
  return { applySeed, readSeed, seedOf };
}
