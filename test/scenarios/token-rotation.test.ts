import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Api, apiOf } from '../support/api.js';
import { type RunningOfframp, startOfframp } from '../support/offramp.js';

const FIRST = 'the-first-api-token-0123456789abcdef';
const SECOND = 'the-second-api-token-0123456789abcde';
const THIRD = 'the-third-api-token-0123456789abcdef';
let dataDir: string;
let offramp: RunningOfframp | undefined;

beforeEach(async () => {
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'offramp-rotation-'));
});
afterEach(async () => {
  await offramp?.stop();
  await rm(dataDir, { recursive: true });
});

/** The same data with other flags; answers a client for each of `credentials`. */
async function restart(flags: readonly string[], credentials: readonly string[]): Promise<Api[]> {
  await offramp?.stop();
  const started = await startOfframp([...flags, '--data-dir', dataDir]);
  offramp = started;
  return credentials.map((credential) => apiOf(started, credential));
}

const strict = (...tokens: readonly string[]) => tokens.flatMap((token) => ['--api-token', token]);

/** A token that may make, list and revoke tokens, and read tunnels. */
async function makeToken(client: Api) {
  const groups: { id: string; name: string }[] = (await client.get('/user/tokens/permission_groups')).body
    .result;
  const idOf = (name: string) => groups.find((group) => group.name === name)!.id;
  const { id: user } = (await client.get('/user')).body.result;
  const policy = (name: string, resource: string) => ({
    effect: 'allow',
    permission_groups: [{ id: idOf(name) }],
    resources: { [resource]: '*' },
  });
  const policies = [
    policy('API Tokens Write', `com.cloudflare.api.user.${user}`),
    policy('Cloudflare Tunnel Read', `com.cloudflare.api.account.${offramp!.accountId}`),
  ];
  return await client.create('/user/tokens', { name: 'made before', policies });
}

const ids = async (client: Api) =>
  (await client.get('/user/tokens')).body.result.map(({ id }: { id: string }) => id);
const status = async (client: Api, target: string) => (await client.get(target)).status;

test('a token made before a rotation of --api-token is listed, used and revoked after it, by any of the new ones', async () => {
  const [first] = await restart(strict(FIRST), [FIRST]);
  const { id, value } = await makeToken(first!);
  const lastUse = async (client: Api) =>
    (await client.get(`/user/tokens/${id}`)).body.result.last_used_on ?? null;
  expect(await lastUse(first!)).toBeNull();
  expect(await status(apiOf(offramp!, value), '@/cfd_tunnel')).toBe(200);
  const used = await lastUse(first!);
  expect(used).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  const user = (await first!.patch('/user', { first_name: 'Ada' })).body.result;

  const [old, second, third, made] = await restart(strict(SECOND, THIRD), [FIRST, SECOND, THIRD, value]);
  expect(await status(old!, '/user/tokens')).toBe(403);
  expect(await lastUse(second!)).toBe(used);
  for (const client of [second!, third!, made!]) expect(await ids(client)).toEqual([id]);
  for (const client of [second!, third!]) expect((await client.get('/user')).body.result).toEqual(user);
  expect(await status(made!, '@/cfd_tunnel')).toBe(200);

  expect((await third!.delete(`/user/tokens/${id}`)).body.result).toEqual({ id });
  expect(await ids(second!)).toEqual([]);
  expect(await status(made!, '@/cfd_tunnel')).toBe(403);
  expect(await status(made!, '/user/tokens/verify')).toBe(403);
});

test('with --auth any each credential is a user of its own; its tokens come to the one user of --api-token, with what their policies name', async () => {
  const [one, other] = await restart(['--auth', 'any'], [SECOND, 'somebody-else']);
  const [mine, others] = [await makeToken(one!), await makeToken(other!)];
  await one!.patch('/user', { first_name: 'Ada' });
  await other!.patch('/user', { first_name: 'Eve' });
  expect([await ids(one!), await ids(other!)]).toEqual([[mine.id], [others.id]]);
  expect(await status(other!, `/user/tokens/${mine.id}`)).toBe(404);

  const [first, second, made] = await restart(strict(FIRST, SECOND), [FIRST, SECOND, others.value]);
  const user = (await first!.get('/user')).body.result;
  expect(user.first_name).toBe('Ada');
  expect((await ids(second!)).sort()).toEqual([mine.id, others.id].sort());
  const stored = (await first!.get(`/user/tokens/${others.id}`)).body.result;
  expect(stored.policies[0].resources).toEqual({ [`com.cloudflare.api.user.${user.id}`]: '*' });
  const put = await first!.put(`/user/tokens/${others.id}`, { name: 'kept', policies: stored.policies });
  expect(put.status).toBe(200);
  expect((await ids(made!)).sort()).toEqual([mine.id, others.id].sort());
  expect((await second!.delete(`/user/tokens/${others.id}`)).status).toBe(200);
  expect(await status(made!, '/user/tokens')).toBe(403);
});
