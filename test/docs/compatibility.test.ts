import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';
import { oracleAbsent } from '../support/oracle.js';

const ROOT = path.resolve(import.meta.dirname, '../..');
const LACKING = oracleAbsent === null ? '' : ` (skipped: ${oracleAbsent})`;

test.skipIf(oracleAbsent)(
  `docs/compatibility.md is what the code serves, and explains all that it does not (npm run compatibility writes it)${LACKING}`,
  () => {
    const { status, stderr } = spawnSync(process.execPath, ['scripts/compatibility.mjs', '--check'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([0, '']);
  },
);
