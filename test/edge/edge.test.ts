import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { cleanUp, connected, DIAL, readExactly, startEdge, startOrigin } from './fixture.js';

afterEach(cleanUp);

test('bytes reach an origin through a tunnel, and come back', async () => {
  const { edge, addTunnel, connect } = await startEdge();
  const origin = await startOrigin();
  const tunnel = addTunnel();
  await connect(tunnel);
  const socket = await connected(edge.dial(tunnel.id, { host: '127.0.0.1', port: origin.port }, DIAL));
  const sent = randomBytes(4 * 1024 * 1024);
  socket.write(sent);
  const received = await readExactly(socket, sent.length);
  expect(received.equals(sent)).toBe(true);
  socket.destroy();
});
