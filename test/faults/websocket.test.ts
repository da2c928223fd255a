import { afterEach, describe, expect, test } from 'vitest';
import { ingressTo } from '../edge/fake-ingress.js';
import { cleanUp } from '../edge/fixture.js';
import { connectRaw } from '../edge/raw-connector.js';
import { rawOrigin } from '../proxy/fake-origin.js';
import { ingressRig } from '../proxy/ingress/ingress-rig.js';
import { rawClient } from '../proxy/raw-client.js';
import { HOST, startRig } from '../proxy/rig.js';
import { newest } from '../support/request-filters.js';
import { testFaults } from '../support/traffic-faults.js';
import { eventually } from '../support/waiting.js';

afterEach(cleanUp);

const UPGRADE = `GET /chat HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`;
const SWITCH =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';

/** Says "no" to nothing, and each byte that comes once more. */
const echoOrigin = () =>
  rawOrigin((socket) => {
    socket.once('data', () => {
      socket.write(SWITCH);
      socket.on('data', (piece) => socket.write(piece));
      socket.on('end', () => socket.end('bye'));
    });
    socket.on('error', () => {});
  });

const directly = async () => {
  const under = testFaults();
  const rig = await startRig({ origins: [(await echoOrigin()).port], faults: under.faults });
  return { under, rig };
};

const throughIngress = async () => {
  const under = testFaults();
  const origin = await echoOrigin();
  const { proxy: rig, edge, tunnel } = await ingressRig({ faults: under.faults });
  await connectRaw(edge, tunnel, ingressTo(origin.port));
  return { under, rig };
};

describe.each([
  ['directly', directly],
  ['through ingress rules', throughIngress],
] as const)('a WebSocket %s', (_, open) => {
  test('comes late in both directions as long as the fault is set, and at once after it', async () => {
    const { under, rig } = await open();
    under.set({ name: 'late', target: { kind: 'pool', id: 'pool' }, direction: 'both', latencyMs: 50 });
    const client = await rawClient(rig.port);
    client.send(UPGRADE);
    await eventually(() => {
      under.clock.advance(10);
      return client.received().includes('\r\n\r\n');
    });
    expect(rig.requests.find(newest(1))[0]).toMatchObject({ status: 101, faults: ['late'] });
    client.send('hello');
    await eventually(() => under.clock.pending > 0);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(client.received()).not.toContain('hello');
    await eventually(() => {
      under.clock.advance(10);
      return client.received().endsWith('hello');
    });
    under.set();
    client.send('again');
    await client.receive((text) => text.endsWith('again'));
    client.socket.end('last');
    expect(await client.closed()).toMatch(/lastbye$/);
    await eventually(() => under.faults.connections === 0);
    expect(under.clock.pending).toBe(0);
  });
});
