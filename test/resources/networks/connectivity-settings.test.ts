import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, apiOf } from '../../support/api.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;
let api: Api;
const PATH = '@/zerotrust/connectivity_settings';

beforeAll(async () => {
  offramp = await sharedOfframp();
  api = apiOf(offramp);
});
afterAll(() => offramp.stop());

test('both settings are off at first, a PATCH changes what it names, and says what has no effect', async () => {
  const off = { icmp_proxy_enabled: false, offramp_warp_enabled: false };
  const icmp = { ...off, icmp_proxy_enabled: true };
  expect((await api.get(PATH)).body.result).toEqual(off);
  expect((await api.patch(PATH, {})).body).toMatchObject({ result: off, messages: [] });
  const on = await api.patch(PATH, { icmp_proxy_enabled: true });
  expect(on.body.result).toEqual(icmp);
  expect(on.body.messages).toEqual([{ code: 10501, message: 'icmp_proxy_enabled: no ICMP is proxied' }]);
  expect((await api.get(PATH)).body.result).toEqual(icmp);
  const both = await api.patch(PATH, { offramp_warp_enabled: true });
  expect(both.body).toMatchObject({
    result: { icmp_proxy_enabled: true, offramp_warp_enabled: true },
    messages: [{ code: 10501 }, { code: 10501 }],
  });
  expect(
    (await api.patch(PATH, { icmp_proxy_enabled: null, offramp_warp_enabled: false })).body.result,
  ).toEqual(off);
});

test.each([
  [{ icmp_proxy_enabled: 1 }],
  [{ icmp_proxy_enabled: true, offramp_warp_enabled: 'false' }],
  [[]],
  [null],
  ['{'],
])('a body that cannot be used changes nothing: %j', async (body) => {
  const before = (await api.get(PATH)).body.result;
  const answer = await api.patch(PATH, body);
  expect([answer.status, answer.body.errors[0].code]).toEqual([400, 1030]);
  expect((await api.get(PATH)).body.result).toEqual(before);
});
