import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiOf } from '../support/api.js';
import { type RunningOfframp, startOfframp } from '../support/offramp.js';
import { type SharedOfframp, sharedOfframp } from '../support/shared-offramp.js';

const TOKEN = 'a-token-of-more-than-32-characters-0';
let any: SharedOfframp;
let strict: RunningOfframp;
beforeAll(async () => {
  [any, strict] = await Promise.all([sharedOfframp(), startOfframp(['--api-token', TOKEN])]);
});
afterAll(() => Promise.all([any.stop(), strict.stop()]));

const get = (offramp: Pick<RunningOfframp, 'apiUrl'>, path: string, headers: Record<string, string> = {}) =>
  fetch(new URL(offramp.apiUrl).origin + path, { headers });
const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

describe.each([
  ['/docs', /swagger-ui/],
  ['/docs/', /swagger-ui/],
  ['/docs/json', /"openapi":"3\.0\.3"/],
  ['/docs/yaml', /openapi: 3\.0\.3/],
  ['/docs/static/swagger-ui.css', /swagger-ui/],
  ['/docs/static/swagger-initializer.js', /SwaggerUI/],
  ['/_offramp/openapi.json', /"openapi":"3\.0\.3"/],
])('%s', (path, content) => {
  test('is for everybody where every credential is good', async () => {
    const answer = await get(any, path);
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringMatching(content)]);
  });

  test('asks for a credential with --auth strict, so that a browser asks for a password', async () => {
    for (const headers of [
      {},
      { authorization: 'Bearer another-token-of-32-characters-00' },
      { authorization: basic('anybody', 'another-token-of-32-characters-00') },
      { authorization: basic(TOKEN, '') },
      { authorization: 'Basic !' },
    ]) {
      const answer = await get(strict, path, headers as Record<string, string>);
      expect(answer.status).toBe(401);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Basic realm="/);
      const { errors } = (await answer.json()) as { errors: { code: number; message: string }[] };
      expect(errors).toMatchObject([{ code: 10401, message: expect.stringContaining('Bearer') }]);
    }
  });

  test('is shown to a token, as a password under any name or as the API takes it', async () => {
    for (const headers of [
      { authorization: `Bearer ${TOKEN}` },
      { authorization: basic('anybody', TOKEN) },
      { authorization: basic('', TOKEN) },
      { 'x-auth-email': 'a@example.com', 'x-auth-key': TOKEN },
    ]) {
      const answer = await get(strict, path, headers as Record<string, string>);
      expect([answer.status, await answer.text()]).toEqual([200, expect.stringMatching(content)]);
    }
  });
});

test('a token with few permissions reads the documentation, until it is revoked', async () => {
  const api = apiOf(strict, TOKEN);
  const policies = [
    {
      effect: 'allow',
      permission_groups: [{ id: 'c07321b023e944ff818fec44d8203567' }],
      resources: { [`com.cloudflare.api.account.${strict.accountId}`]: '*' },
    },
  ];
  const { id, value } = await api.create('/user/tokens', { name: 'reader', policies });
  const authorization = basic('reader', value);
  expect((await get(strict, '/docs/json', { authorization })).status).toBe(200);
  await api.delete(`/user/tokens/${id}`);
  expect((await get(strict, '/docs/json', { authorization })).status).toBe(401);
});

test('a password opens the documentation alone', async () => {
  const answer = await get(strict, '/client/v4/accounts', { authorization: basic('anybody', TOKEN) });
  expect(answer.status).toBe(400);
});

test('health, and the CA that connectors need, stay open', async () => {
  for (const path of ['/_offramp/health', '/_offramp/ready', '/healthz', '/_offramp/ca.pem'])
    expect((await get(strict, path)).status).toBe(200);
});
