// All benchmarks, one after the other, each in a process of its own, so that none disturbs the next. Loopback only.
//
//   npm run bench            the API in full, and on PostgreSQL: npm run bench:api
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { readArguments } from '../scripts/support/arguments.mjs';

readArguments(import.meta.filename);

const PARTS = [
  ['proxy/run.mjs', '--rounds', '3'],
  ['api/run.mjs', '--quick', '--database', 'embedded'],
  ['database/run.mjs'],
  ['steering/run.mjs', '--rounds', '3'],
  ['health/run.mjs'],
];

const failed = PARTS.filter(([script, ...args]) => {
  console.log(`\n== ${script} ${args.join(' ')}\n`);
  const { status } = spawnSync(process.execPath, [path.join(import.meta.dirname, script), ...args], {
    stdio: 'inherit',
    timeout: 240_000,
  });
  return status !== 0;
});
for (const [script] of failed) console.error(`${script} failed`);
process.exit(failed.length === 0 ? 0 : 1);
