import { afterAll, beforeAll, expect, test } from 'vitest';
import { judgedFetch } from '../../support/faithful.js';
import { type SharedOfframp, sharedOfframp } from '../../support/shared-offramp.js';

let offramp: SharedOfframp;

beforeAll(async () => {
  offramp = await sharedOfframp();
});
afterAll(() => offramp.stop());

// biome-ignore lint/suspicious/noExplicitAny: the answer is what is tested.
const ranges = async (query = ''): Promise<any> =>
  (await judgedFetch(`${offramp.apiUrl}/ips${query}`)).json();

test('the ranges are those of this machine, and need no credential', async () => {
  expect(await ranges()).toEqual({
    success: true,
    errors: [],
    messages: [],
    result: {
      etag: expect.stringMatching(/^[0-9a-f]{32}$/),
      ipv4_cidrs: ['127.0.0.0/8'],
      ipv6_cidrs: ['::1/128'],
    },
  });
});

test('the etag stays while the ranges stay', async () => {
  const [plain, again, withPartner] = [await ranges(), await ranges(), await ranges('?networks=jdcloud')];
  expect(again.result.etag).toBe(plain.result.etag);
  expect(withPartner.result.jdcloud_cidrs).toEqual([]);
  expect(withPartner.result.etag).not.toBe(plain.result.etag);
});

// The description has a string there, and SDK suites send any.
test.each(['moon', '', '%00', 'JDCLOUD'])('other networks change nothing: %j', async (networks) => {
  expect(await ranges(`?networks=${networks}`)).toEqual(await ranges());
});
