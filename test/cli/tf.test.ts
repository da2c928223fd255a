import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runProgram } from '../support/program.js';
import { type SharedOfframp, sharedOfframp } from '../support/shared-offramp.js';

let offramp: SharedOfframp;
let folder: string;
let program: string;

/** In Terraform's place: tells what it was given. */
const SCRIPT = `#!/bin/sh
echo "$# $1 $2"
env | grep '^CLOUDFLARE' | sort
exit 3
`;

beforeAll(async () => {
  offramp = await sharedOfframp();
  folder = await mkdtemp(path.join(os.tmpdir(), 'offramp-tf-'));
  program = path.join(folder, 'terraform');
  await writeFile(program, SCRIPT);
  await chmod(program, 0o755);
});
afterAll(async () => {
  await offramp.stop();
  await rm(folder, { recursive: true });
});

const tf = (words: string[], env = {}) =>
  runProgram(['tf', '--api-url', offramp.apiUrl, '--api-token', 'secret-token', ...words], { env });

test('what stands behind the dashes is run with the variables of the provider, and its exit code is ours', async () => {
  const key = { CLOUDFLARE_API_KEY: 'k', CLOUDFLARE_EMAIL: 'a@example.com', CLOUDFLARE_API_TOKEN: 'real' };
  const { code, out } = await tf(['--tf-cmd', program, '--', 'plan', '-out=my plan'], key);
  expect(code).toBe(3);
  const [words, ...variables] = out.trimEnd().split('\n');
  expect(words).toBe('2 plan -out=my plan');
  expect(variables).toEqual([
    `CLOUDFLARE_ACCOUNT_ID=${offramp.accountId}`,
    `CLOUDFLARE_API_BASE_URL=${offramp.apiUrl}`,
    'CLOUDFLARE_API_TOKEN=secret-token',
    `CLOUDFLARE_BASE_URL=${offramp.apiUrl}`,
    `CLOUDFLARE_DOMAIN=${offramp.domain}`,
    `CLOUDFLARE_ZONE_ID=${offramp.zoneId}`,
  ]);
});

test.each([
  [[], 'behind two dashes: offramp tf -- plan'],
  [['--tf-cmd', '/nowhere/terraform', '--', 'plan'], '--tf-cmd names Terraform or OpenTofu'],
])('%j is refused with what would be right', async (words, message) => {
  const { code, err } = await tf(words);
  expect([code, err]).toEqual([2, expect.stringContaining(message)]);
});
