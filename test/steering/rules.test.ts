import { expect, test } from 'vitest';
import { NOWHERE, type Place } from '../../src/net/locations.js';
import type { LiveFixedResponse, LivePoolSet, LiveRule } from '../../src/state/snapshot.js';
import type { RequestContext } from '../../src/steering/contract.js';
import { unmonitoredPool } from '../support/live-objects.js';
import { type BalancerFields, origin, pathFacts, steer, target } from './rig.js';
import { shares } from './seeded-random.js';

const rule = (name: string, fields: Partial<LiveRule>): LiveRule => ({
  name,
  condition: '',
  terminates: false,
  fixedResponse: null,
  overrides: {},
  ...fields,
});

const set = (name: string, fields: Partial<LivePoolSet>): LivePoolSet => ({
  name,
  topology: null,
  fixedResponse: null,
  overrides: {},
  ...fields,
});

const TEAPOT: LiveFixedResponse = { status: 418, contentType: 'text/plain', body: 'short', location: '' };
const POOLS = ['a', 'b', 'c'].map((id) => unmonitoredPool({ id, origins: [origin('1')] }));

/** Steers a request of the path to a, b or c, which the load balancer has in this order. */
function setUp(fields: BalancerFields) {
  const { decide } = steer(POOLS, fields);
  return {
    decide,
    at: (path: string, context: Partial<RequestContext> = {}) =>
      target(decide({ ...pathFacts(path), ...context })),
    from: (place: Partial<Place>) => target(decide({ place: { ...NOWHERE, ...place } })),
  };
}

const toPool = (id: string) => ({ defaultPools: [id] });

test('T49 a rule overrides the pools of the requests that match', () => {
  const { at } = setUp({
    rules: [rule('r', { condition: 'http.request.uri.path contains "/b"', overrides: toPool('b') })],
  });
  expect([at('/b'), at('/z'), at('/z?/b')]).toEqual(['b/1', 'a/1', 'a/1']);
});

test('T50 of two rules that match the later one wins field by field; the first wins when it terminates', () => {
  const first = rule('first', { overrides: { ...toPool('b'), ttl: 60 } });
  const second = rule('second', { overrides: toPool('c') });
  const both = setUp({ rules: [first, second] }).decide();
  expect(target(both)).toBe('c/1');
  expect([both.settings.ttl, both.trace.rules]).toEqual([60, ['first', 'second']]);
  const ended = setUp({ rules: [{ ...first, terminates: true }, second] }).decide();
  expect([target(ended), ended.trace.rules]).toEqual(['b/1', ['first']]);
});

test('T52 an empty condition always holds', () => {
  expect(setUp({ rules: [rule('r', { overrides: toPool('b') })] }).at('/')).toBe('b/1');
});

test('T54 a rule with a fixed response answers by itself, and later rules do not count', () => {
  const { decide } = setUp({
    rules: [
      rule('before', { overrides: { ttl: 99 } }),
      rule('teapot', { condition: 'http.request.uri.path eq "/t"', fixedResponse: TEAPOT }),
      rule('later', { overrides: toPool('b') }),
    ],
  });
  expect(decide(pathFacts('/t'))).toMatchObject({
    kind: 'fixed_response',
    response: TEAPOT,
    settings: { ttl: 99 },
    trace: { rules: ['before', 'teapot'] },
  });
  expect(target(decide(pathFacts('/')))).toBe('b/1');
});

test('T55 not binds closer than and, and closer than or', () => {
  const condition =
    'not http.host eq "x" and http.request.method in {"POST" "PUT"} or ip.src in {10.0.0.0/8}';
  const { at } = setUp({ rules: [rule('r', { condition, overrides: toPool('b') })] });
  const of = (clientIp: string, host: string, method: string) => {
    const { facts } = pathFacts('/', { clientIp });
    return at('/', { facts: () => ({ ...facts(), http: { ...facts().http!, host, method } }) });
  };
  expect(of('192.0.2.1', 'y', 'POST')).toBe('b/1');
  expect(of('192.0.2.1', 'x', 'POST')).toBe('a/1');
  expect(of('192.0.2.1', 'y', 'GET')).toBe('a/1');
  expect(of('10.1.2.3', 'x', 'GET')).toBe('b/1');
});

test('T59 a condition about DNS does not hold for a request of HTTP', () => {
  const { at } = setUp({ rules: [rule('r', { condition: 'dns.qry.type eq 1', overrides: toPool('b') })] });
  expect(at('/')).toBe('a/1');
});

test('a condition that is none holds for no request, and the other rules still count', () => {
  const { at } = setUp({
    rules: [
      rule('broken', { condition: 'http.host eq', overrides: toPool('b') }),
      rule('good', { condition: 'http.request.uri.path eq "/c"', overrides: toPool('c') }),
    ],
  });
  expect([at('/'), at('/c')]).toEqual(['a/1', 'c/1']);
});

test('T60 a rule overrides the policy', () => {
  const random = rule('r', {
    condition: 'http.request.uri.path eq "/r"',
    overrides: { steeringPolicy: 'random', randomSteering: { defaultWeight: 0.5, poolWeights: { a: 0 } } },
  });
  const { at, decide } = setUp({ rules: [random] });
  const drawn = shares(10_000, () => at('/r'));
  expect(Object.keys(drawn).sort()).toEqual(['b/1', 'c/1']);
  expect(Math.abs(drawn['b/1']! - 0.5)).toBeLessThan(0.02);
  expect(at('/')).toBe('a/1');
  expect([decide(pathFacts('/r')).trace.policy, decide().trace.policy]).toEqual(['random', 'off']);
});

test('T61 a rule overrides session affinity', () => {
  const { decide } = setUp({
    rules: [
      rule('cart', { condition: 'http.request.uri.path eq "/cart"', overrides: { affinity: 'cookie' } }),
    ],
  });
  expect(decide(pathFacts('/cart')).settings.affinity).toBe('cookie');
  expect(decide(pathFacts('/')).settings.affinity).toBe('none');
});

test('T72 a policy that is left open is geo when there are pools for places, of a rule too', () => {
  const german = { condition: 'http.request.uri.path eq "/de"', overrides: { countryPools: { XX: ['c'] } } };
  const rules = [rule('german', german)];
  const open = setUp({ steeringPolicy: '', rules });
  expect([open.at('/'), open.at('/de')]).toEqual(['a/1', 'c/1']);
  expect(open.decide(pathFacts('/de')).trace.policy).toBe('geo');
  expect(open.decide(pathFacts('/')).trace.policy).toBe('off');
  expect(setUp({ steeringPolicy: 'off', rules }).at('/de')).toBe('a/1');
  for (const map of ['regionPools', 'countryPools', 'popPools']) {
    const { decide } = setUp({ steeringPolicy: '', [map]: { X: ['b'] } });
    expect(decide().trace.policy).toBe('geo');
  }
});

test('the flat list of a pool set goes before the maps, and a rule that names pools otherwise resets it', () => {
  const flat = set('flat', { overrides: { pools: ['b', 'c'], steeringPolicy: 'off' } });
  const maps = { countryPools: { XX: ['c'] } };
  const on = (...rules: LiveRule[]) => setUp({ poolSets: [flat], ...maps, rules }).at('/');
  expect(on()).toBe('b/1');
  expect(on(rule('r', { overrides: { ttl: 5 } }))).toBe('b/1');
  expect(on(rule('r', { overrides: toPool('a') }))).toBe('a/1');
  expect(on(rule('r', { overrides: { steeringPolicy: 'geo' } }))).toBe('b/1');
  expect(on(rule('r', { overrides: { countryPools: {}, steeringPolicy: 'geo' } }))).toBe('a/1');
  expect(on(rule('r', { overrides: toPool('a') }), rule('s', { overrides: { pools: ['c'] } }))).toBe('c/1');
  expect(on(rule('r', { overrides: { ...toPool('a'), pools: ['c'] } }))).toBe('c/1');
});

const DE = set('de', { topology: { countries: ['DE', 'AT'] }, overrides: { pools: ['b'] } });
const REST = set('rest', { overrides: { pools: ['c'] } });

test('T62 the first pool set that matches counts, and no other', () => {
  const { from, decide } = setUp({ poolSets: [DE, REST] });
  expect([from({ country: 'DE' }), from({ country: 'AT' }), from({ country: 'FR' })]).toEqual([
    'b/1',
    'b/1',
    'c/1',
  ]);
  expect(decide({ place: { ...NOWHERE, country: 'DE' } }).trace.poolSet).toBe('de');
  expect(setUp({ poolSets: [REST, DE] }).from({ country: 'DE' })).toBe('c/1');
  expect(setUp({ poolSets: [DE] }).from({ country: 'FR' })).toBe('a/1');
});

test('T63 the lists of a topology must all hold', () => {
  const topology = { countries: ['US'], regions: ['WNAM'], pops: ['SJC', 'LAX'] };
  const { from } = setUp({ poolSets: [set('west', { topology, overrides: { pools: ['b'] } })] });
  expect(from({ country: 'US', region: 'WNAM', pop: 'LAX' })).toBe('b/1');
  expect(from({ country: 'US', region: 'ENAM', pop: 'LAX' })).toBe('a/1');
  expect(from({ country: 'CA', region: 'WNAM', pop: 'LAX' })).toBe('a/1');
  expect(from({ country: 'US', region: 'WNAM', pop: 'SEA' })).toBe('a/1');
});

test('T64 the fixed response of a pool set is final: no rule runs', () => {
  const blocked = set('blocked', { topology: { countries: ['KP'] }, fixedResponse: TEAPOT });
  const { decide } = setUp({ poolSets: [blocked], rules: [rule('r', { overrides: toPool('b') })] });
  expect(decide({ place: { ...NOWHERE, country: 'KP' } })).toMatchObject({
    kind: 'fixed_response',
    response: TEAPOT,
    trace: { poolSet: 'blocked', rules: [] },
  });
  expect(target(decide())).toBe('b/1');
});

test('rules come on top of a pool set', () => {
  const { decide } = setUp({
    poolSets: [REST],
    rules: [rule('r', { overrides: { failoverAcrossPools: true } })],
  });
  const plan = decide();
  expect(target(plan)).toBe('c/1');
  expect(plan.settings.failoverAcrossPools).toBe(true);
  expect(plan.trace).toMatchObject({ poolSet: 'rest', rules: ['r'], candidates: ['c'] });
});
