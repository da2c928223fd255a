import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { BENCHES } from '../support/program.js';

const RUN = path.join(BENCHES, 'data-centres/run.mjs');
/** What a run says first that the machine does not allow. */
const SKIPPED = 'skipped: ';

interface Row {
  readonly name: string;
  readonly answered: number;
  readonly failed: Readonly<Record<string, number>>;
  readonly falseAlerts: number;
}

test('a connector without its LAN, a silent origin, a restart: no request is lost, and nobody is alarmed for nothing', {
  timeout: 600_000,
}, async ({ skip }) => {
  const child = spawn(process.execPath, [RUN, '--json', '--short'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = once(child, 'exit');
  const [rows, progress] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [code] = await exit;
  skip(progress.startsWith(SKIPPED), progress.trim());
  expect([code, progress]).toEqual([0, expect.any(String)]);
  for (const { name, answered, failed, falseAlerts } of JSON.parse(rows) as readonly Row[]) {
    const { ECONNREFUSED, ...others } = failed;
    // Only while a restart keeps the port closed.
    const lost = name === 'restart' || !ECONNREFUSED ? others : failed;
    expect({ name, lost, falseAlerts }).toEqual({ name, lost: {}, falseAlerts: 0 });
    expect(answered).toBeGreaterThan(0);
  }
});
