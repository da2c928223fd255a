import { expect, test } from 'vitest';
import type { LiveAffinityAttributes } from '../../../src/state/snapshot.js';
import { createHeaderSessions, headerSessionKey } from '../../../src/steering/affinity/header-sessions.js';
import { createSessions } from '../../../src/steering/affinity/sessions.js';
import { liveLoadBalancer, liveSettings } from '../../support/live-objects.js';
import { contextOf, sessionSourceOf } from './request-contexts.js';

const PIN = { poolId: 'a', originKey: '1' };
const START = Date.UTC(2026, 0, 1);
const { affinityAttributes } = liveSettings({ defaultPools: [] });

function setUp(attributes: Partial<LiveAffinityAttributes>, affinityTtl: number | null = null) {
  const balancer = liveLoadBalancer({
    name: 'x',
    defaultPools: ['a'],
    affinity: 'header',
    affinityTtl,
    affinityAttributes: { ...affinityAttributes, ...attributes },
  });
  const sessions = createSessions({ pools: new Map(), key: new Uint8Array(32), alwaysUseHttps: false });
  const context = (headers: Record<string, string>, seconds: number, cookies = {}) =>
    contextOf(sessionSourceOf(cookies, headers), START + seconds * 1000);
  return {
    pin: (headers: Record<string, string>, seconds = 0, cookies = {}) =>
      sessions.pin(balancer, balancer.settings, context(headers, seconds, cookies), PIN),
    find: (headers: Record<string, string>, seconds = 0, cookies = {}) =>
      sessions.find(balancer, balancer.settings, context(headers, seconds, cookies)),
    look: (headers: Record<string, string>, seconds = 0) =>
      sessions.look.find(balancer, balancer.settings, context(headers, seconds)),
  };
}

test('T95 the same value of a header is the same session, and the response needs no cookie', () => {
  const { pin, find } = setUp({ headers: ['X-S'] });
  expect(find({ 'x-s': '1' })).toBeNull();
  expect(pin({ 'x-s': '1' })).toBeNull();
  expect(find({ 'x-s': '1' })).toEqual(PIN);
  expect(find({ 'x-s': '2' })).toBeNull();
  expect(find({})).toBeNull();
});

test.each([
  ['half an hour by default', null, 1800],
  ['the time that was set', 30, 30],
  ['half an hour, when the time fits cookies alone', 7200, 1800],
])(
  'T95 a session ends after %s without a request, and a request gives it that time again',
  (_what, ttl, seconds) => {
    const { pin, find } = setUp({ headers: ['x-s'] }, ttl);
    pin({ 'x-s': '1' });
    expect(find({ 'x-s': '1' }, seconds - 1)).toEqual(PIN);
    expect(find({ 'x-s': '1' }, 2 * seconds - 2)).toEqual(PIN);
    expect(find({ 'x-s': '1' }, 3 * seconds - 2)).toBeNull();
  },
);

test('a look at a session is no use of it', () => {
  const { pin, find, look } = setUp({ headers: ['x-s'] });
  pin({ 'x-s': '1' });
  expect(look({ 'x-s': '1' }, 1_000)).toEqual(PIN);
  expect(find({ 'x-s': '1' }, 1_800)).toBeNull();
});

test('T96 with require_all_headers, one missing header means no session; without it, those present count', () => {
  const all = setUp({ headers: ['x-s', 'x-t'], requireAllHeaders: true });
  all.pin({ 'x-s': '1' });
  expect(all.find({ 'x-s': '1' })).toBeNull();
  all.pin({ 'x-s': '1', 'x-t': '1' });
  expect(all.find({ 'x-s': '1', 'x-t': '1' })).toEqual(PIN);

  const any = setUp({ headers: ['x-s', 'x-t'] });
  any.pin({ 'x-s': '1' });
  expect(any.find({ 'x-s': '1' })).toEqual(PIN);
  expect(any.find({ 'x-s': '1', 'x-t': '1' })).toBeNull();
  expect(any.find({ 'x-t': '1' })).toBeNull();
});

test('T97 cookie:sid goes by that cookie alone, cookie by all of them', () => {
  const one = setUp({ headers: ['cookie:sid'] });
  one.pin({}, 0, { sid: '1', other: 'a' });
  expect(one.find({}, 0, { other: 'b', sid: '1' })).toEqual(PIN);
  expect(one.find({}, 0, { sid: '2', other: 'a' })).toBeNull();

  const whole = setUp({ headers: ['cookie'] });
  whole.pin({}, 0, { sid: '1', other: 'a' });
  expect(whole.find({}, 0, { sid: '1', other: 'a' })).toEqual(PIN);
  expect(whole.find({}, 0, { sid: '1', other: 'b' })).toBeNull();
});

test('T97 of cookie:a,b each cookie counts by itself', () => {
  const any = setUp({ headers: ['cookie:a,b'] });
  any.pin({}, 0, { a: '1' });
  expect(any.find({}, 0, { a: '1' })).toEqual(PIN);
  expect(any.find({}, 0, { b: '1' })).toBeNull();
  const all = setUp({ headers: ['cookie:a,b'], requireAllHeaders: true });
  all.pin({}, 0, { a: '1' });
  expect(all.find({}, 0, { a: '1' })).toBeNull();
});

test('values that meet at their border are different sessions, and long ones make no longer name', () => {
  const key = (headers: Record<string, string>, balancer = 'x') =>
    headerSessionKey(
      balancer,
      { headers: ['a', 'b'], requireAllHeaders: false },
      sessionSourceOf({}, headers),
    );
  expect(key({ a: '12', b: '3' })).not.toBe(key({ a: '1', b: '23' }));
  expect(key({ a: '1' })).not.toBe(key({ b: '1' }));
  expect(key({ a: '1' }, 'x')).not.toBe(key({ a: '1' }, 'y'));
  expect(key({ a: 'x'.repeat(30_000) })).toHaveLength(key({ a: '1' })!.length);
});

test('with too many sessions the one that was used the longest ago is forgotten', () => {
  const table = createHeaderSessions(2);
  table.keep('a', PIN, 0);
  table.keep('b', PIN, 1);
  table.use('a', 30, 2);
  table.keep('c', PIN, 3);
  expect(['a', 'b', 'c'].map((key) => table.look(key, 30, 4) !== null)).toEqual([true, false, true]);
  expect(table.size).toBe(2);
});

test('sessions that no load balancer can have use for any more are forgotten', () => {
  const table = createHeaderSessions();
  table.keep('a', PIN, 0);
  table.keep('b', PIN, 1_000);
  table.keep('c', PIN, 3_600_500);
  expect(table.size).toBe(2);
});
