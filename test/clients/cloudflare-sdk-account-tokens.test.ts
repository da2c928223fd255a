import Cloudflare from 'cloudflare';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type RunningOfframp, startOfframp } from '../support/offramp.js';
import { all, recorded } from '../support/sdk.js';

const MASTER = 'a-token-that-may-do-everything-0123456';
let offramp: RunningOfframp;
beforeAll(async () => {
  offramp = await startOfframp(['--api-token', MASTER]);
});
afterAll(() => offramp.stop());

const clientWith = (apiToken: string) => new Cloudflare({ apiToken, baseURL: offramp.apiUrl, maxRetries: 0 });

test("Cloudflare's TypeScript SDK does all that it can with the tokens of an account", async () => {
  const account_id = offramp.accountId;
  const { calls: tokens, ...watched } = recorded(clientWith(MASTER).accounts.tokens);
  const groups = await tokens.permissionGroups.get({ account_id });
  const [group] = await all(tokens.permissionGroups.list({ account_id, name: 'Cloudflare Tunnel Write' }));
  expect(groups).toContainEqual(group);
  const policies: Cloudflare.Accounts.TokenCreateParams['policies'] = [
    {
      effect: 'allow',
      permission_groups: [{ id: group!.id! }],
      resources: { [`com.cloudflare.api.account.${account_id}`]: '*' },
    },
  ];
  const made = await tokens.create({ account_id, name: 'by the SDK', policies });
  expect((await tokens.get(made.id!, { account_id })).policies).toEqual(made.policies);
  expect(await all(tokens.list({ account_id, direction: 'desc', include_expired: true }))).toEqual([
    expect.objectContaining({ id: made.id, name: 'by the SDK', status: 'active' }),
  ]);
  const renamed = await tokens.update(made.id!, { account_id, name: 'renamed', policies });
  expect([renamed.id, renamed.name]).toEqual([made.id, 'renamed']);

  const value = (await tokens.value.update(made.id!, { account_id })) as string;
  await expect(clientWith(made.value!).accounts.tokens.verify({ account_id })).rejects.toMatchObject({
    status: 403,
  });
  const own = clientWith(value);
  expect(await own.accounts.tokens.verify({ account_id })).toEqual({ id: made.id, status: 'active' });
  await expect(own.user.tokens.verify()).rejects.toMatchObject({
    status: 401,
    errors: [{ code: 1000, message: 'Invalid API Token' }],
  });
  const tunnel = await own.zeroTrust.tunnels.cloudflared.create({
    account_id,
    name: 'by the account',
    config_src: 'local',
  });
  expect(tunnel.name).toBe('by the account');
  await tokens.verify({ account_id });
  expect(await tokens.delete(made.id!, { account_id })).toEqual({ id: made.id });
  await expect(own.accounts.tokens.verify({ account_id })).rejects.toMatchObject({ status: 403 });
  expect([watched.neverCalled(), watched.neverSucceeded()]).toEqual([[], []]);
});
