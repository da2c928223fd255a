import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { type Answer, apiOf } from '../support/api.js';
import { rounds } from '../support/long.js';
import { startOfframp } from '../support/offramp.js';
import { createScratchDatabase } from '../support/scratch-database.js';

const ROUNDS = rounds(4, 10);
const WRITES = 500;

interface Acknowledged {
  readonly id: string;
  readonly name: string;
}

/** An odd pool has one origin, an even one three: a half-written pool would show. */
const originsOf = (n: number) =>
  Array.from({ length: n % 2 === 0 ? 3 : 1 }, (_, i) => ({
    name: `o${i}`,
    address: `origin-${n}-${i}.example.net`,
  }));

test('every write that was acknowledged before kill -9 is there after it, whole', {
  timeout: 600_000,
}, async () => {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'offramp-kill-'));
  const server = process.env.TEST_DATABASE_URL;
  const storage = server ? ['--database-url', await createScratchDatabase(server)] : [];
  const start = () => startOfframp(['--data-dir', dataDir, ...storage]);
  const kept: Acknowledged[] = [];
  let written = 0;

  for (let round = 1; round <= ROUNDS; round++) {
    const offramp = await start();
    const api = apiOf(offramp);
    let acknowledged = 0;
    const gone = once(offramp.process, 'exit');
    const writes = Array.from({ length: WRITES }, async () => {
      const n = ++written;
      const answer = await api
        .post('@/load_balancers/pools', { name: `pool-${n}`, origins: originsOf(n) })
        .catch((): Answer | null => null);
      if (answer?.status !== 200) return;
      kept.push(answer.body.result);
      // Somewhere in the middle, at another place each round.
      if (++acknowledged === 20 * round) offramp.process.kill('SIGKILL');
    });
    await Promise.all(writes);
    await gone;
  }

  const offramp = await start();
  const { result } = (await apiOf(offramp).get('@/load_balancers/pools')).body;
  await offramp.stop();
  await rm(dataDir, { recursive: true, force: true });
  const stored = new Map<string, { name: string; origins: unknown[] }>(
    result.map((pool: { id: string }) => [pool.id, pool]),
  );
  expect(kept.length).toBeGreaterThanOrEqual(20 * ROUNDS);
  expect(kept.filter(({ id, name }) => stored.get(id)?.name !== name)).toEqual([]);
  const torn = [...stored.values()].filter(
    ({ name, origins }) => origins.length !== originsOf(Number(name.slice(5))).length,
  );
  expect(torn).toEqual([]);
});
