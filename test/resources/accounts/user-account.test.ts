import { afterAll, beforeAll, expect, test } from 'vitest';
import { openapiDocument } from '../../../src/app/openapi-document.js';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
const USER = '/user/load_balancers';

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

test('what is written below /user stands in the first account, and the other way round', async () => {
  const monitor = await api.create(`${USER}/monitors`, { expected_codes: '200' });
  expect((await api.get(`@/load_balancers/monitors/${monitor.id}`)).body.result).toEqual(monitor);
  const origins = [{ name: 'a', address: '1.1.1.1' }];
  const pool = await api.create('@/load_balancers/pools', { name: 'p', origins, monitor: monitor.id });
  expect((await api.get(`${USER}/pools/${pool.id}`)).body.result).toEqual(pool);
  expect((await api.get(`${USER}/pools?monitor=${monitor.id}`)).body.result).toEqual([pool]);
  expect((await api.patch(`${USER}/pools`, { notification_email: '' })).body.result).toEqual([pool]);
  expect((await api.get(`${USER}/monitors/${monitor.id}/references`)).body.result).toMatchObject([
    { resource_id: pool.id },
  ]);
  expect((await api.delete(`${USER}/monitors/${monitor.id}`)).status).toBe(412);
  expect((await api.put(`${USER}/pools/${pool.id}`, { name: 'q', origins })).body.result.name).toBe('q');
  expect((await api.delete(`${USER}/pools/${pool.id}`)).body.result).toEqual({ id: pool.id });
  expect((await api.patch(`${USER}/monitors/${monitor.id}`, { timeout: 3 })).body.result.timeout).toBe(3);
  expect((await api.delete(`${USER}/monitors/${monitor.id}`)).status).toBe(200);
});

test('mistakes below /user are answered like those below an account', async () => {
  const absent = '0'.repeat(32);
  expect((await api.get(`${USER}/pools/${absent}`)).status).toBe(404);
  expect((await api.get(`${USER}/pools/nothing`)).body.errors[0].code).toBe(7003);
  expect((await api.post(`${USER}/monitors`, {})).body.errors[0].code).toBe(1002);
  expect((await api.post(`${USER}/monitors`, { expected_codes: '200', account_id: absent })).status).toBe(
    200,
  );
  expect((await api.delete(`${USER}/pools`)).status).toBe(405);
});

test('every operation below an account that has a twin shows it in the document, without account_id', async () => {
  const { paths } = (await openapiDocument()) as {
    paths: Record<string, Record<string, { parameters?: [] }>>;
  };
  const twins = Object.keys(paths).filter((path) => path.startsWith(`${USER}/`));
  expect(twins).toContain(`${USER}/pools/{pool_id}/health`);
  for (const path of twins) {
    const operations = paths[path]!;
    const original = paths[path.replace('/user/', '/accounts/{account_id}/')]!;
    expect(Object.keys(operations)).toEqual(Object.keys(original));
    expect(JSON.stringify(operations)).not.toContain('account_id');
  }
});
