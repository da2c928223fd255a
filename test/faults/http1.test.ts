import { expect, test } from 'vitest';
import { httpOrigin, rawOrigin } from '../proxy/fake-origin.js';
import { rawClient } from '../proxy/raw-client.js';
import { HOST, startRig } from '../proxy/rig.js';
import { liveLoadBalancer, liveOrigin, unmonitoredPool } from '../support/live-objects.js';
import { newest } from '../support/request-filters.js';
import { testFaults } from '../support/traffic-faults.js';
import { eventually } from '../support/waiting.js';

/** Two load balancers, each with a pool of its own, and the same origin in both. */
async function setUp() {
  const origin = await httpOrigin((_request, response) => response.end('an answer'));
  const under = testFaults();
  const origins = [liveOrigin({ port: origin.port })];
  const rig = await startRig({
    faults: under.faults,
    upsert: {
      pool: ['one', 'two'].map((id) => unmonitoredPool({ id, name: id, origins })),
      load_balancer: ['one', 'two'].map((id) =>
        liveLoadBalancer({ id, name: id === 'one' ? HOST : `${id}.example.com`, defaultPools: [id] }),
      ),
    },
  });
  const client = await rawClient(rig.port);
  let answers = 0;
  const get = (host = HOST) => client.send(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const answered = () => {
    answers += 1;
    return client.receive((received) => received.split('an answer').length > answers);
  };
  return { rig, under, origin, client, get, answered, last: () => rig.requests.find(newest(1))[0] };
}

test('connections that rest follow: the next request goes over one that is under the fault', async () => {
  const { under, get, answered, origin, last } = await setUp();
  get();
  await answered();
  get();
  await answered();
  expect(origin.connections()).toBe(1);
  under.set({ name: 'new', latencyMs: 1 });
  get();
  await eventually(() => under.clock.pending > 0);
  under.clock.advance(1);
  await eventually(() => origin.connections() === 2 && under.clock.pending > 0);
  under.clock.advance(1);
  await answered();
  expect(last()!.faults).toEqual(['new']);
  under.set();
  get();
  await answered();
  expect(last()!.faults).toEqual([]);
  await eventually(() => under.faults.connections === 0);
});

test('an answer that was under way before the fault comes as if there were none', async () => {
  const { under, get, answered, last } = await setUp();
  get();
  under.set({ cut: { how: 'reset', afterBytes: 0 } });
  under.set();
  await answered();
  expect(last()!.faults).toEqual([]);
});

test('a fault on a pool leaves other pools alone that have the same origin', async () => {
  const { under, get, answered, last } = await setUp();
  get('two.example.com');
  await answered();
  under.set({ name: 'of-one', target: { kind: 'pool', id: 'one' }, bytesPerSecond: 1_000_000 });
  get('two.example.com');
  await answered();
  expect([last()!.pool!.name, last()!.faults]).toEqual(['two', []]);
  get();
  await eventually(() => under.clock.pending > 0);
  under.clock.advance(100);
  await answered();
  expect([last()!.pool!.name, last()!.faults]).toEqual(['one', ['of-one']]);
  // Neither takes a connection of the other's that rests.
  get('two.example.com');
  await answered();
  expect(last()!.faults).toEqual([]);
});

test('with a share of a half, about half of the connections are struck, the same ones for the same chance', async () => {
  const struck = async () => {
    const { rig, under, origin, last } = await setUp();
    under.set({ name: 'half', share: 0.5, bytesPerSecond: 1_000_000_000 });
    const found: boolean[] = [];
    for (let index = 0; index < 40; index += 1) {
      // Each change closes what rests, so that each request draws anew.
      under.set({ name: 'half', share: 0.5, bytesPerSecond: 1_000_000_000 });
      const one = await rawClient(rig.port);
      one.send(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
      await eventually(() => {
        under.clock.advance(1);
        return one.received().includes('an answer');
      });
      await one.closed();
      found.push(last()!.faults.length > 0);
    }
    expect(origin.connections()).toBe(40);
    expect(under.struck.length).toBe(found.filter(Boolean).length);
    return found;
  };
  const first = await struck();
  expect(first.filter(Boolean).length).toBeGreaterThan(10);
  expect(first.filter(Boolean).length).toBeLessThan(30);
  expect(await struck()).toEqual(first);
});

test('the bytes that an origin gets are counted as well', async () => {
  const { rig, under } = await setUp();
  let got = 0;
  const counting = await rawOrigin((socket) => {
    socket.on('data', (piece) => {
      got += piece.length;
    });
    socket.on('error', () => {});
  });
  rig.apply({ pool: [unmonitoredPool({ id: 'one', origins: [liveOrigin({ port: counting.port })] })] });
  under.set({ name: 'up', direction: 'upstream', cut: { how: 'close', afterBytes: 4_321 } });
  const client = await rawClient(rig.port);
  client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 10000\r\n\r\n${'x'.repeat(10_000)}`);
  await client.receive((received) => received.startsWith('HTTP/1.1 520'));
  await eventually(() => got === 4_321);
});
