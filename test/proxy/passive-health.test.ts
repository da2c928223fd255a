import { expect, test } from 'vitest';
import { explainPool, NO_SHARES } from '../../src/proxy/explain.js';
import { createPassiveHealth } from '../../src/state/passive-health.js';
import { contextOf } from '../steering/rig.js';
import { createFakeClock } from '../support/fake-clock.js';
import { closedPort, httpOrigin } from '../support/fake-origins.js';
import { liveOrigin, unmonitoredPool } from '../support/live-objects.js';
import { ask } from './ask.js';
import { scriptedOrigin } from './fake-origin.js';
import { startRig } from './rig.js';

const LEFT_OUT_MS = 10_000;

/** Two origins; the first has nearly all the weight, so that each request asks for it. */
async function start(first: number, second: number) {
  const clock = createFakeClock();
  const passive = createPassiveHealth(clock, LEFT_OUT_MS);
  const origins = [
    liveOrigin({ name: 'first', port: first, weight: 1 }),
    liveOrigin({ name: 'second', port: second, weight: 1e-12 }),
  ];
  const rig = await startRig({
    passive,
    upsert: { pool: [unmonitoredPool({ id: 'pool', origins })] },
  });
  return { clock, passive, rig, firstKey: origins[0]!.key };
}

test('an origin that refuses gets no request for a while, and then the next one', async () => {
  const second = await httpOrigin((_request, response) => response.end('second'));
  const refusing = await closedPort();
  const { clock, rig } = await start(refusing, second.port);
  const dialled = () => rig.dialled.filter((address) => address.endsWith(`:${refusing}`)).length;
  for (let i = 0; i < 5; i++) expect((await ask(rig.port)).body).toBe('second');
  expect(dialled()).toBe(1);
  clock.advance(LEFT_OUT_MS - 1);
  await ask(rig.port);
  expect(dialled()).toBe(1);
  clock.advance(1);
  expect((await ask(rig.port)).body).toBe('second');
  expect(dialled()).toBe(2);
});

test('an explanation says so', async () => {
  const second = await httpOrigin((_request, response) => response.end('second'));
  const { rig } = await start(await closedPort(), second.port);
  const reasons = () => {
    const { store, health, steering } = rig;
    const parts = { snapshot: store.snapshot, health, steering };
    return explainPool('pool', parts, contextOf(), [], NO_SHARES).origins.map(({ reason }) => reason);
  };
  expect(reasons()).toEqual([null, null]);
  await ask(rig.port);
  expect(reasons()).toEqual(['left_out', null]);
});

test('one that is left out is still the other origin of its pool when the first choice fails', async () => {
  const first = await httpOrigin((_request, response) => response.end('first'));
  const second = await scriptedOrigin((_request, socket) => {
    socket.destroy();
    return null;
  });
  const { passive, rig, firstKey } = await start(first.port, second.port);
  passive.failed(firstKey);
  expect((await ask(rig.port)).body).toBe('first');
  expect(rig.dialled.at(-1)).toBe(`127.0.0.1:${first.port}`);
});

test('when all origins of a pool refuse, they are asked all the same', async () => {
  const { rig } = await start(await closedPort(), await closedPort());
  for (let i = 0; i < 3; i++) expect((await ask(rig.port)).status).toBe(521);
  expect(rig.dialled).toHaveLength(6);
});

test('an origin that answers is no longer left out, and one that answers badly never was', async () => {
  const first = await httpOrigin((_request, response) => {
    response.statusCode = 503;
    response.end('first');
  });
  const second = await httpOrigin((_request, response) => response.end('second'));
  const { passive, rig, firstKey } = await start(first.port, second.port);
  expect((await ask(rig.port)).body).toBe('first');
  expect(passive.isLeftOut(firstKey)).toBe(false);
  passive.failed(firstKey);
  expect((await ask(rig.port)).body).toBe('second');
  passive.answered(firstKey);
  expect((await ask(rig.port)).body).toBe('first');
});

test('each failure begins its time anew, and more than so many are not remembered', () => {
  const clock = createFakeClock();
  const passive = createPassiveHealth(clock, LEFT_OUT_MS);
  passive.failed('a');
  clock.advance(LEFT_OUT_MS - 1);
  passive.failed('a');
  clock.advance(LEFT_OUT_MS - 1);
  expect(passive.isLeftOut('a')).toBe(true);
  for (let i = 0; i < 10_000; i++) passive.failed(`other ${i}`);
  expect([passive.isLeftOut('other 9998'), passive.isLeftOut('other 9999')]).toEqual([true, false]);
  clock.advance(LEFT_OUT_MS);
  expect(passive.isLeftOut('a')).toBe(false);
});
