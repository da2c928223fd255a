import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { AWAIT_MS } from '../../src/bridge/data-plane-thread.js';
import { createAwaitedTunnels } from '../../src/tunnel/edge/registry.js';
import { createFakeClock } from '../support/fake-clock.js';
import { tcpOrigin } from '../support/fake-origins.js';
import { eventually } from '../support/waiting.js';
import { cleanUp, startEdge } from './fixture.js';

afterEach(cleanUp);

const ID = '11111111-2222-4333-8444-555555555555';

test('what waits is called once, when the tunnel is back', () => {
  const awaited = createAwaitedTunnels(['a', 'b'], createFakeClock(), () => {});
  const calls: string[] = [];
  awaited.whenBack('a', () => calls.push('first'));
  awaited.whenBack('a', () => calls.push('second'));
  awaited.whenBack('b', () => calls.push('other'));
  awaited.whenBack('a', () => calls.push('gone'))!();
  awaited.release('a');
  awaited.release('a');
  expect(calls).toEqual(['first', 'second']);
  expect([awaited.has('a'), awaited.has('b')]).toEqual([false, true]);
  expect(awaited.whenBack('a', () => {})).toBeNull();
  expect(awaited.whenBack('c', () => {})).toBeNull();
});

test('a tunnel that does not come is given up after its time, which begins with the listener', () => {
  const clock = createFakeClock();
  const gone: string[] = [];
  const awaited = createAwaitedTunnels(['a', 'b'], clock, (id) => gone.push(id));
  const calls: string[] = [];
  awaited.whenBack('a', () => calls.push(`a awaited: ${awaited.has('a')}`));
  clock.advance(AWAIT_MS);
  expect(gone).toEqual([]);
  awaited.begin();
  awaited.release('b');
  clock.advance(AWAIT_MS - 1);
  expect(gone).toEqual([]);
  clock.advance(1);
  expect([gone, calls]).toEqual([['a'], ['a awaited: false']]);
});

test('no more than so many wait, and one that leaves makes room', () => {
  const awaited = createAwaitedTunnels(['a'], createFakeClock(), () => {});
  const leave = Array.from({ length: 1_024 }, () => awaited.whenBack('a', () => {}));
  expect(leave.every((one) => one !== null)).toBe(true);
  expect(awaited.whenBack('a', () => {})).toBeNull();
  leave[0]!();
  leave[0]!();
  expect(awaited.whenBack('a', () => {})).not.toBeNull();
  expect(awaited.whenBack('a', () => {})).toBeNull();
});

test('a dial waits for the tunnel that is on its way back, and not for another', async () => {
  const origin = await tcpOrigin((socket) => socket.end('hello'));
  const t = await startEdge({ awaitedTunnels: [ID] });
  const [tunnel, other] = [t.addTunnel({ id: ID }), t.addTunnel()];
  const early = t.dial(tunnel, origin.port);
  const abandoned = t.dial(tunnel, origin.port);
  abandoned.destroy();
  const [refused] = await once(t.dial(other, origin.port), 'error');
  expect(refused).toMatchObject({ failure: 'no_connection' });
  expect(early.destroyed).toBe(false);
  await t.connect(tunnel);
  expect(String((await once(early, 'data'))[0])).toBe('hello');
  expect(t.availability).toEqual([[ID, true]]);
});

test('a dial fails when the tunnel has had its time, and its own begins only then', async () => {
  const clock = createFakeClock();
  const t = await startEdge({ awaitedTunnels: [ID], clock });
  const socket = t.dial(t.addTunnel({ id: ID }), 1, { connectTimeoutMs: 1_000 });
  const failed = once(socket, 'error');
  clock.advance(AWAIT_MS);
  expect((await failed)[0]).toMatchObject({ failure: 'no_connection' });
  await eventually(() => t.availability.length === 1);
  expect(t.availability).toEqual([[ID, false]]);
});

test('a tunnel that is deleted is waited for no longer', async () => {
  const t = await startEdge({ awaitedTunnels: [ID] });
  const tunnel = t.addTunnel({ id: ID });
  const failed = once(t.dial(tunnel, 1), 'error');
  t.removeTunnel(ID);
  expect((await failed)[0]).toMatchObject({ failure: 'no_connection' });
});
