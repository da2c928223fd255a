import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Api } from '../../support/api.js';
import { type Balancers, openBalancers } from '../../support/balancers.js';

let rig: Balancers;
let api: Api;
const PATH = '%/load_balancers';
const DEFAULTS = { samesite: 'Auto', secure: 'Auto', drain_duration: 0, zero_downtime_failover: 'none' };

beforeAll(async () => {
  rig = await openBalancers();
  api = rig.api;
});
afterAll(() => rig.offramp.stop());

const affinityOf = (balancer: Record<string, unknown>) =>
  Object.fromEntries(Object.entries(balancer).filter(([field]) => field.startsWith('session_affinity')));

test.each(['cookie', 'ip_cookie'])(
  '%s affinity shows the TTL and the attributes that are in force, unasked',
  async (session_affinity) => {
    const balancer = await rig.create({ session_affinity });
    expect(affinityOf(balancer)).toEqual({
      session_affinity,
      session_affinity_ttl: 82_800,
      session_affinity_attributes: DEFAULTS,
    });
    expect((await api.get(`${PATH}/${balancer.id}`)).body.result).toEqual(balancer);
  },
);

test('header affinity has another TTL', async () => {
  const session_affinity_attributes = {
    headers: ['x-user', 'cookie', 'cookie:a,b', 'cookie:A,b'],
    require_all_headers: true,
  };
  expect(affinityOf(await rig.create({ session_affinity: 'header', session_affinity_attributes }))).toEqual({
    session_affinity: 'header',
    session_affinity_ttl: 1800,
    session_affinity_attributes: { ...DEFAULTS, ...session_affinity_attributes },
  });
});

test('without affinity nothing is in force, and what was set is shown all the same', async () => {
  for (const session_affinity of ['none', '', null, undefined])
    expect(affinityOf(await rig.create({ session_affinity }))).toEqual({ session_affinity: 'none' });
  const fields = { session_affinity_ttl: 45, session_affinity_attributes: { ...DEFAULTS, secure: 'Never' } };
  expect(affinityOf(await rig.create(fields))).toEqual({ session_affinity: 'none', ...fields });
});

test('affinity is taken without a word, and ends with a write that says none', async () => {
  const created = await api.post(PATH, rig.bodyOf({ session_affinity: 'cookie' }));
  expect([created.status, created.body.messages]).toEqual([200, []]);
  const one = `${PATH}/${created.body.result.id}`;
  expect((await api.patch(one, { session_affinity_ttl: 3600 })).body.messages).toEqual([]);
  const ended = await api.patch(one, { session_affinity: 'none' });
  expect(affinityOf(ended.body.result)).toEqual({ session_affinity: 'none', session_affinity_ttl: 3600 });
});

test('T100 the kinds of affinity have bounds for the TTL, and both ends are taken', async () => {
  const headers = { session_affinity_attributes: { headers: ['x-user'] } };
  for (const [session_affinity, ttls] of [
    ['cookie', [1800, 604_800]],
    ['ip_cookie', [1800, 604_800]],
    ['header', [30, 3600]],
  ] as const)
    for (const session_affinity_ttl of ttls)
      expect(await rig.create({ session_affinity, session_affinity_ttl, ...headers })).toMatchObject({
        session_affinity_ttl,
      });
});

const attributes = (session_affinity_attributes: object, session_affinity = 'header') => ({
  session_affinity,
  session_affinity_attributes,
});
const NO_HEADERS = 'session_affinity "header" needs at least one of session_affinity_attributes.headers';

test.each<[object, string]>([
  [
    { session_affinity: 'cookie', session_affinity_ttl: 1799 },
    'session_affinity_ttl is not in range [1800, 604800] of session_affinity "cookie"',
  ],
  [
    { session_affinity: 'ip_cookie', session_affinity_ttl: 30 },
    'session_affinity_ttl is not in range [1800, 604800] of session_affinity "ip_cookie"',
  ],
  [
    { ...attributes({ headers: ['a'] }), session_affinity_ttl: 3601 },
    'session_affinity_ttl is not in range [30, 3600] of session_affinity "header"',
  ],
  [{ session_affinity: 'header' }, NO_HEADERS],
  [attributes({ headers: [] }), NO_HEADERS],
  [attributes({ samesite: 'Lax' }), NO_HEADERS],
  [
    attributes({ headers: ['a'], zero_downtime_failover: 'sticky' }),
    'session_affinity "header" must not go with zero_downtime_failover "sticky"',
  ],
  [
    attributes({ samesite: 'None', secure: 'Never' }, 'cookie'),
    'session_affinity_attributes samesite "None" must not go with secure "Never"',
  ],
  [
    attributes({ headers: ['x'.repeat(101)] }),
    'session_affinity_attributes.headers[0] must be at most 100 characters',
  ],
  [
    attributes({ headers: ['X-User', 'x-user'] }),
    'session_affinity_attributes.headers must not name a header twice',
  ],
  [
    attributes({ headers: ['cookie:a,,b'] }),
    'session_affinity_attributes.headers[0] must be a header name or cookie:<name>,<name>',
  ],
])('T93 T100 affinity that breaks a rule is refused: %j', async (fields, reason) => {
  expect(await rig.refusal(fields)).toBe(reason);
});

test('a PATCH is judged by what the load balancer has after it', async () => {
  const { id } = await rig.create({ session_affinity: 'cookie', session_affinity_ttl: 7200 });
  const one = `${PATH}/${id}`;
  const toHeader = attributes({ headers: ['x-user'], zero_downtime_failover: 'temporary' });
  const refused = await api.patch(one, toHeader);
  expect([refused.status, refused.body.errors[0].message]).toEqual([
    400,
    'session_affinity_ttl is not in range [30, 3600] of session_affinity "header": validation failed',
  ]);
  const taken = await api.patch(one, { ...toHeader, session_affinity_ttl: null });
  expect(affinityOf(taken.body.result)).toMatchObject({ session_affinity_ttl: 1800 });
  const sticky = { session_affinity_attributes: { headers: ['x-user'], zero_downtime_failover: 'sticky' } };
  expect((await api.patch(one, sticky)).status).toBe(400);
  expect((await api.patch(one, { session_affinity_attributes: null })).status).toBe(400);
  expect((await api.get(one)).body.result).toEqual(taken.body.result);
});
