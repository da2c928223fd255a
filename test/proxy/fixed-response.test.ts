import { expect, test } from 'vitest';
import type { LiveFixedResponse, LivePoolSet, LiveRule } from '../../src/state/snapshot.js';
import { liveLoadBalancer, liveOrigin, unmonitoredPool } from '../support/live-objects.js';
import { ask } from './ask.js';
import { httpOrigin } from './fake-origin.js';
import { rawClient } from './raw-client.js';
import { HOST, startRig } from './rig.js';

const TEAPOT: LiveFixedResponse = {
  status: 418,
  contentType: 'text/plain',
  body: 'tea, caf\u00e9',
  location: '',
};

const rule = (fixedResponse: LiveFixedResponse | null, fields: Partial<LiveRule> = {}): LiveRule => ({
  name: 'rule',
  condition: '',
  terminates: fixedResponse !== null,
  fixedResponse,
  overrides: {},
  ...fields,
});

async function rigWith(rules: readonly LiveRule[], poolSets: readonly LivePoolSet[] = []) {
  const origin = await httpOrigin((_request, response) => response.end('origin'));
  const rig = await startRig({
    upsert: {
      pool: [unmonitoredPool({ id: 'a', origins: [liveOrigin({ port: origin.port })] })],
      load_balancer: [
        liveLoadBalancer({ name: HOST, defaultPools: ['a'], affinity: 'cookie', rules, poolSets }),
      ],
    },
  });
  return { rig, origin };
}

test('T54 a rule answers by itself, with a ray and no cookie, and no origin is asked', async () => {
  const { rig, origin } = await rigWith([rule(TEAPOT), rule({ ...TEAPOT, status: 500 })]);
  const { status, headers, body } = await ask(rig.port);
  expect([status, body, headers['content-type']]).toEqual([418, 'tea, caf\u00e9', 'text/plain']);
  expect(headers['content-length']).toBe(String(Buffer.byteLength(TEAPOT.body)));
  expect(headers['cf-ray']).toMatch(/^[0-9a-f]{16}-LOC$/);
  expect(headers['set-cookie']).toBeUndefined();
  expect(origin.connections()).toBe(0);
});

test('a Location is copied as it stands', async () => {
  const location = 'https://example.com/a b?x=%20#there';
  const { rig } = await rigWith([rule({ status: 302, contentType: '', body: '', location })]);
  const { status, headers, body } = await ask(rig.port);
  expect([status, headers.location, headers['content-type'], body]).toEqual([302, location, undefined, '']);
});

test('a body without a type is text', async () => {
  const { rig } = await rigWith([rule({ ...TEAPOT, contentType: '' })]);
  expect((await ask(rig.port)).headers['content-type']).toBe('text/plain; charset=utf-8');
});

test.each([204, 304])('%d has no body and no length, and the connection goes on', async (status) => {
  const { rig } = await rigWith([rule({ ...TEAPOT, status })]);
  const client = await rawClient(rig.port);
  const get = `GET / HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
  client.send(get + get);
  const received = await client.receive((text) => text.split('\r\n\r\n').length > 2);
  expect(received).not.toMatch(/content-length|tea/i);
  expect(received.match(new RegExp(`HTTP/1.1 ${status} `, 'g'))).toHaveLength(2);
});

test('205 has an empty body', async () => {
  const { rig } = await rigWith([rule({ ...TEAPOT, status: 205 })]);
  const { status, headers, body } = await ask(rig.port);
  expect([status, headers['content-length'], body]).toEqual([205, '0', '']);
});

test('HEAD gets the head alone', async () => {
  const { rig } = await rigWith([rule(TEAPOT)]);
  const { status, headers, body } = await ask(rig.port, { method: 'HEAD' });
  expect([status, headers['content-length'], body]).toEqual([418, '10', '']);
});

test('the body of a request that is answered so is read to its end', async () => {
  const { rig } = await rigWith([rule(TEAPOT)]);
  expect((await ask(rig.port, { method: 'POST', body: 'x'.repeat(100_000) })).status).toBe(418);
});

test('T64 the answer of a pool set is final: rules are not asked', async () => {
  const set: LivePoolSet = {
    name: 'set',
    topology: null,
    fixedResponse: { status: 403, contentType: 'text/plain', body: 'no', location: '' },
    overrides: {},
  };
  const { rig } = await rigWith([rule(TEAPOT)], [set]);
  expect(await ask(rig.port)).toMatchObject({ status: 403, body: 'no' });
});
