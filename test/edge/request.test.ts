import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { cleanUp, startEdge, until } from './fixture.js';
import { connectRaw } from './raw-connector.js';

afterEach(cleanUp);

const GET = { ':method': 'GET', ':scheme': 'http', ':path': '/', ':authority': 'app.example.com' };
const QUIETLY = { endStream: true, onLost: () => {} };

test('a request goes over the connection with the fewest streams', async () => {
  const rig = await startEdge();
  const tunnel = rig.addTunnel();
  const streams: [number, unknown][] = [];
  for (const connIndex of [0, 1]) {
    await connectRaw(rig, tunnel, (_stream, headers) => streams.push([connIndex, headers[':authority']]), {
      connIndex,
    });
  }
  for (let count = 0; count < 4; count++) rig.edge.request(tunnel.id, GET, QUIETLY);
  await until(() => streams.length === 4);
  expect(streams.map(([connIndex]) => connIndex).sort()).toEqual([0, 0, 1, 1]);
  expect(streams[0]![1]).toBe('app.example.com');
});

test('without a connection there is no request', async () => {
  const rig = await startEdge();
  const tunnel = rig.addTunnel();
  expect(() => rig.edge.request(tunnel.id, GET, QUIETLY)).toThrow(
    expect.objectContaining({ failure: 'no_connection' }),
  );
});

test('headers that cannot be sent cost no connection', async () => {
  const rig = await startEdge();
  const tunnel = rig.addTunnel();
  await connectRaw(rig, tunnel, (stream) => void stream.respond({ ':status': 204 }, { endStream: true }));
  const broken = { ...GET, connection: 'upgrade' };
  expect(() => rig.edge.request(tunnel.id, broken, QUIETLY)).toThrow(
    expect.objectContaining({ failure: 'other', message: expect.stringContaining('cannot be sent') }),
  );
  const { stream } = rig.edge.request(tunnel.id, GET, QUIETLY);
  const [headers] = await once(stream, 'response');
  expect(headers[':status']).toBe(204);
});

test('the loss of the connection is told before the stream closes', async () => {
  const rig = await startEdge();
  const tunnel = rig.addTunnel();
  const connector = await connectRaw(rig, tunnel, () => connector.session.destroy());
  const told: string[] = [];
  const { stream } = rig.edge.request(tunnel.id, GET, {
    endStream: true,
    onLost: () => told.push('lost'),
  });
  await new Promise<void>((resolve) => {
    stream.once('close', () => {
      told.push('close');
      resolve();
    });
  });
  expect(told).toEqual(['lost', 'close']);
});
