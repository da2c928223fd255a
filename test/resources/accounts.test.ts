import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../support/api.js';
import { type RunningOfframp, startOfframp } from '../support/offramp.js';

let offramp: RunningOfframp;
let api: Api;
beforeAll(async () => {
  offramp = await startOfframp();
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

test('the account of the first start is listed and read', async () => {
  const { body } = await api.get('/accounts');
  expect(body.result).toEqual([
    {
      id: offramp.accountId,
      name: 'Offramp',
      type: 'standard',
      settings: { enforce_twofactor: false },
      created_on: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
    },
  ]);
  expect(body.result_info).toEqual({ page: 1, per_page: 20, count: 1, total_count: 1, total_pages: 1 });
  expect((await api.get('@')).body.result).toEqual(body.result[0]);
});

test('an account list is filtered by name and ends after its last page', async () => {
  expect((await api.get('/accounts?name=Offramp')).body.result).toHaveLength(1);
  expect((await api.get('/accounts?name=Other')).body.result).toEqual([]);
  expect((await api.get('/accounts?page=2')).body.result).toEqual([]);
});

test.each(['per_page=4', 'per_page=51', 'page=0', 'page=x', 'direction=up'])(
  'the list refuses %s',
  async (query) => {
    const answer = await api.get(`/accounts?${query}`);
    expect([answer.status, answer.body.errors[0].code]).toEqual([400, 1001]);
  },
);

test('an account is renamed and gets settings; what PUT leaves out goes back', async () => {
  const named = await api.put('@', {
    name: 'Renamed',
    settings: { abuse_contact_email: 'abuse@example.com' },
  });
  expect(named.body.result).toMatchObject({
    name: 'Renamed',
    settings: { enforce_twofactor: false, abuse_contact_email: 'abuse@example.com' },
  });
  const back = await api.put('@', { name: 'Offramp' });
  expect(back.body.result.settings).toEqual({ enforce_twofactor: false });
  expect((await api.put('@', { settings: {} })).status).toBe(400);
});

test('accounts are neither created nor deleted', async () => {
  expect((await api.post('/accounts', { name: 'Second' })).status).toBe(405);
  expect((await api.delete('@')).status).toBe(405);
});
