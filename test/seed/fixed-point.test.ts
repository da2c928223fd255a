import { expect, test } from 'vitest';
import { createIdentifiers } from '../../src/api/identifiers.js';
import { seededRandom, systemRandom } from '../../src/net/random.js';
import type { Settings } from '../../src/resources/context.js';
import { DEFINITIONS, type WorkingDraft } from '../../src/resources/definitions.js';
import { applySeed } from '../../src/seed/apply.js';
import { firstDifference, givenIds } from '../../src/seed/compare.js';
import { seedOf } from '../../src/seed/export.js';
import { readSeed } from '../../src/seed/file.js';
import { seedText } from '../../src/seed/text.js';
import { createLayer } from '../../src/storage/tables/draft.js';
import { createTables } from '../../src/storage/tables/tables.js';
import { randomSeed } from '../support/random-seed.js';

const settings: Settings = {
  apiDate: '2026-01-01',
  minMonitorInterval: 10,
  originUniqueness: 'account',
  directNetworks: { named: [], dialled: [] },
  dns: { nameServers: [] },
  location: 'Test',
};
const first = { accountId: null, zoneId: null, domain: 'example.com' };

/** What a seed makes where there is nothing. */
function made(text: string): WorkingDraft {
  const stamp = { now: new Date('2030-01-01T00:00:00Z'), ids: createIdentifiers(systemRandom) };
  const { draft } = createLayer(DEFINITIONS, createTables(DEFINITIONS).world, stamp);
  applySeed(draft, readSeed('seed', text), { settings, first });
  return draft;
}

const withoutTimes = (row: object): unknown =>
  JSON.parse(JSON.stringify(row).replaceAll(/"20[\d-]+T[\d:.]+Z"/g, '"a time"'));

/** Every row that there is, but for what an export does not have: secrets and times. */
const rows = (draft: WorkingDraft) =>
  Object.keys(DEFINITIONS).flatMap((name) => {
    const table = draft[name as keyof typeof DEFINITIONS];
    return [...table.ids()].sort().map((id) => {
      const { secretSha256: _secret, ...row } = table.get(id) as { secretSha256?: string };
      return [name, withoutTimes(row)];
    });
  });

const ROUNDS = process.env.OFFRAMP_TEST_LONG ? 2_000 : 60;

test('the export of what a seed has made makes the same, and is exported as the same text', () => {
  for (let round = 0; round < ROUNDS; round += 1) {
    const seed = randomSeed(seededRandom(`fixed point ${round}`));
    const draft = made(JSON.stringify(seed));
    const text = seedText(seedOf(draft));
    const again = made(text);
    expect(seedText(seedOf(again)), `round ${round}`).toBe(text);
    // Subnets that an account has from the start, and that nothing was changed of, are in no export.
    const withoutSubnets = (all: ReturnType<typeof rows>) => all.filter(([name]) => name !== 'subnets');
    expect(withoutSubnets(rows(again))).toEqual(withoutSubnets(rows(draft)));
    expect(firstDifference(seedOf(draft), seedOf(made(JSON.stringify(seed))), givenIds(seed))).toBeNull();
  }
});
