import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { judgedFetch } from '../../support/faithful.js';
import { type RunningOfframp, startOfframp } from '../../support/offramp.js';

const TOKEN = 'a-token-that-is-long-enough-to-be-taken';
let offramp: RunningOfframp;
let api: Api;

beforeAll(async () => {
  offramp = await startOfframp(['--api-token', TOKEN]);
  api = apiOf(offramp, TOKEN);
});
afterAll(() => offramp.stop());

test('the user is the one of the credential', async () => {
  const { status, body } = await api.get('/user');
  expect(status).toBe(200);
  expect(body.result).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    email: 'user@example.com',
    first_name: null,
    last_name: null,
    telephone: null,
    country: null,
    zipcode: null,
    two_factor_authentication_enabled: false,
    two_factor_authentication_locked: false,
    has_pro_zones: false,
    has_business_zones: false,
    has_enterprise_zones: false,
    suspended: false,
    organizations: [],
    betas: [],
  });
  const headers = { 'x-auth-email': 'ada@example.net', 'x-auth-key': TOKEN };
  const byKey = await judgedFetch(`${offramp.apiUrl}/user`, { headers });
  expect(await byKey.json()).toMatchObject({ result: { id: body.result.id, email: 'ada@example.net' } });
});

test('a token that counts is active, and one that does not is refused', async () => {
  const { body } = await api.get('/user/tokens/verify');
  expect(body).toMatchObject({
    success: true,
    messages: [],
    result: { id: (await api.get('/user')).body.result.id, status: 'active' },
  });
  const wrong = await apiOf(offramp, 'another-token').get('/user/tokens/verify');
  expect([wrong.status, wrong.body.errors[0].code]).toEqual([403, 10000]);
});

test('a user changes what they say about themself, and takes it back with null', async () => {
  const before = (await api.get('/user')).body.result;
  const changed = await api.patch('/user', { first_name: 'Ada', country: 'GB' });
  expect(changed.body.result).toEqual({ ...before, first_name: 'Ada', country: 'GB' });
  expect((await api.patch('/user', {})).body.result).toEqual(changed.body.result);
  await api.patch('/user', { first_name: null, country: null });
  expect((await api.get('/user')).body.result).toEqual(before);
  const long = await api.patch('/user', { first_name: 'x'.repeat(61) });
  expect([long.status, long.body.errors[0].message]).toEqual([
    400,
    'first_name must be at most 60 characters',
  ]);
});
