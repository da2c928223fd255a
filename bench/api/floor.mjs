// The least that a confirmed change can cost on a database: no API, no rules, one statement and its COMMIT.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { cpuMsOfTree } from '../support/cpu.mjs';
import { percentile } from '../support/numbers.mjs';
import { MAIN, temporaryDirectory } from '../support/offramp.mjs';

const LOOP = path.join(import.meta.dirname, 'floor-loop.mjs');
const TEMPLATE = path.join(path.dirname(MAIN), 'database-template.tar.gz');
/** The program holds V8 back in the same way. */
const EMBEDDED = { execArgv: ['--wasm-tiering-budget=1000000000'] };

/** A contender like the others; without `postgres` on an embedded database of its own, on disk. */
export async function startFloor(postgres) {
  const child = postgres
    ? fork(LOOP, [await postgres.createDatabase()])
    : fork(LOOP, [path.join(temporaryDirectory(), 'database'), TEMPLATE], EMBEDDED);
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const failed = once(child, 'exit').then(([code]) => {
    throw new Error(`the loop of the database alone ended with code ${code}`);
  });
  failed.catch(() => undefined);
  const message = () => Promise.race([once(child, 'message'), failed]);
  await message();
  const cpu = () => ({ own: cpuMsOfTree(child.pid), server: postgres?.cpuMs() ?? 0 });
  return {
    stop: () => process.off('exit', kill) && child.disconnect(),
    async measure({ connections }, forSeconds) {
      const before = cpu();
      child.send({ seconds: forSeconds, connections });
      const [{ seconds, latenciesMs }] = await message();
      const after = cpu();
      const own = (after.own - before.own) / latenciesMs.length;
      return {
        perSecond: latenciesMs.length / seconds,
        p50: percentile(latenciesMs, 0.5),
        p99: percentile(latenciesMs, 0.99),
        cpu: own,
        total: own + (after.server - before.server) / latenciesMs.length,
      };
    },
  };
}
