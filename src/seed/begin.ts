import { readFile } from 'node:fs/promises';
import { StartFailure } from '../config/start-failure.js';
import { DEFINITIONS, type WorkingWorld, type WorkingWrite } from '../resources/definitions.js';
import { ensureFirst, type FirstAccount } from '../resources/first-account.js';
import type { Stamp } from '../storage/tables/definition.js';
import { createLayer } from '../storage/tables/draft.js';
import { createTables } from '../storage/tables/tables.js';
import { applySeed, type Seeding } from './apply.js';
import { firstDifference, givenIds } from './compare.js';
import { seedOf } from './export.js';
import { readSeed, type SeedFile, SeedRefused } from './file.js';

/** What a start begins with. */
export interface StartSeed {
  readonly file: SeedFile;
  /**
   * A database without accounts gets what the seed has; one that holds objects must hold those of the seed already. Answers the first account. Throws
   * StartFailure when the seed cannot be used, or differs.
   */
  begin(write: WorkingWrite, world: WorkingWorld, stamp: Stamp, seeding: Seeding): Promise<FirstAccount>;
}

/** Throws StartFailure when the file is not there, or is no seed. */
export async function openSeed(name: string): Promise<StartSeed> {
  const text = await readFile(name, 'utf8').catch((error: Error) => {
    throw new StartFailure(`--seed ${name} cannot be read: ${error.message}`);
  });
  const file = await orStartFailure(async () => readSeed(name, text));
  return {
    file,
    begin: (write, world, stamp, seeding) =>
      orStartFailure(async () => {
        const isNew = [...world.accounts.ids()].length === 0;
        if (!isNew) requireSame(file, world, stamp, seeding);
        return await write((draft) => {
          if (isNew) applySeed(draft, file, seeding);
          return ensureFirst(draft, seeding.first);
        });
      }),
  };
}

function requireSame(seed: SeedFile, world: WorkingWorld, stamp: Stamp, seeding: Seeding): void {
  const { draft } = createLayer(DEFINITIONS, createTables(DEFINITIONS).world, stamp);
  applySeed(draft, seed, seeding);
  ensureFirst(draft, seeding.first);
  const difference = firstDifference(seedOf(world), seedOf(draft), givenIds(seed.contents));
  if (difference !== null)
    throw new StartFailure(
      `the database holds other objects than ${seed.name}: the first difference is at ${difference} of what "offramp seed --export" prints; leave out --seed, or begin with an empty database`,
    );
}

async function orStartFailure<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof SeedRefused ? new StartFailure(error.message) : error;
  }
}
