import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { endWhenSilent } from '../../src/tunnel/connector/transport.js';
import { FRAME } from '../../src/tunnel/h2/frames.js';
import { cleanUp, ending, frame, ourServer, until } from '../http2/rig.js';

const SILENCE_MS = 10_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(async () => {
  vi.useRealTimers();
  await cleanUp();
});

test('an edge that says something by itself is asked nothing', async () => {
  const { server, peer } = await ourServer();
  await until(() => server.received > 0);
  endWhenSilent(server);
  for (let turn = 0; turn < 5; turn += 1) {
    const before = server.received;
    peer.write(frame(FRAME.PING, 0, 0, Buffer.alloc(8, turn)));
    await until(() => server.received > before);
    vi.advanceTimersByTime(SILENCE_MS);
  }
  expect(peer.frames.filter(({ type, flags }) => type === FRAME.PING && flags === 0)).toEqual([]);
  expect(server.destroyed).toBe(false);
});

test('one that is silent is asked for a word, and given up when it has none', async () => {
  const { server, peer } = await ourServer();
  await until(() => server.received > 0);
  const ended = ending(server);
  endWhenSilent(server);
  vi.advanceTimersByTime(SILENCE_MS);
  const { payload } = await peer.heard(FRAME.PING);
  const before = server.received;
  peer.write(frame(FRAME.PING, 1, 0, payload));
  await until(() => server.received > before);
  vi.advanceTimersByTime(2 * SILENCE_MS);
  expect(server.destroyed).toBe(false);
  vi.advanceTimersByTime(SILENCE_MS);
  expect((await ended)?.message).toBe('the edge does not answer pings');
});
