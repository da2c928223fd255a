// All benchmarks, one after the other, each in a process of its own, so that none disturbs the next. Loopback only. A goal that is missed is printed; a
// benchmark that breaks fails this.
//
//   npm run bench            the API in full, and on PostgreSQL: npm run bench:api
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { readArguments } from '../scripts/support/arguments.mjs';

const { values } = readArguments(import.meta.filename, {
  options: {
    strict: {
      type: 'boolean',
      default: false,
      tells: 'end with code 1 when the proxy or checks miss a goal',
    },
  },
});
const strict = values.strict ? ['--strict'] : [];

/** With the minutes after which one of them is ended. */
const PARTS = [
  [35, 'proxy/run.mjs', '--rounds', '3', ...strict],
  [10, 'api/run.mjs', '--quick', '--database', 'embedded'],
  [10, 'database/run.mjs'],
  [10, 'steering/run.mjs', '--rounds', '3'],
  [20, 'health/run.mjs', '--rounds', '1', ...strict],
];

const failed = PARTS.filter(([minutes, script, ...args]) => {
  console.log(`\n== ${script} ${args.join(' ')}\n`);
  const { status } = spawnSync(process.execPath, [path.join(import.meta.dirname, script), ...args], {
    stdio: 'inherit',
    timeout: minutes * 60_000,
  });
  return status !== 0;
});
for (const [, script] of failed) console.error(`${script} failed`);
process.exit(failed.length === 0 ? 0 : 1);
