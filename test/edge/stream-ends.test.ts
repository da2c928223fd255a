import { afterEach, expect, test } from 'vitest';
import type { ConnectorOptions } from '../../src/tunnel/connector/contract.js';
import { cleanUp, connected, startEdge, until } from './fixture.js';
import { connectRaw } from './raw-connector.js';
import { type Front, type Joined, type Kind, type Received, receive, startFront } from './stream-front.js';

afterEach(cleanUp);

/** Around each window and buffer between a client and an origin. */
const SIZES = [64, 256, 512, 1024].flatMap((kib) => [kib * 1024 - 1, kib * 1024, kib * 1024 + 7_856]);
const KINDS: readonly Kind[] = ['tcp', 'websocket'];
const DIRECTIONS = ['upload', 'download'] as const;

async function startWithOurs(options: Partial<ConnectorOptions> = {}) {
  const started = await startEdge();
  const tunnel = started.addTunnel();
  const ingress = () => [{ service: `http://127.0.0.1:${front.originPort}` }];
  const front: Front = await startFront(started, tunnel);
  const connector = await started.connect(tunnel, { ingress: ingress(), ...options });
  return { ...started, tunnel, front, connector };
}

const sides = ({ client, origin }: Joined, direction: (typeof DIRECTIONS)[number]) =>
  direction === 'upload' ? { from: client, to: origin } : { from: origin, to: client };

for (const kind of KINDS)
  for (const direction of DIRECTIONS) {
    test(`${kind}, ${direction}: what is sent before an end arrives whole, and then the end`, async () => {
      const { front } = await startWithOurs();
      for (const size of SIZES) {
        const { from, to } = sides(await front.connect(kind), direction);
        from.end(Buffer.alloc(size));
        expect(await receive(to)).toEqual({ bytes: size, how: 'ended' });
        to.destroy();
      }
    });

    test(`${kind}, ${direction}: what waits for a slow reader when its sender ends arrives whole`, async () => {
      const { front } = await startWithOurs();
      const size = 24 * 1024 * 1024;
      const { from, to } = sides(await front.connect(kind), direction);
      from.write(Buffer.alloc(size));
      // More than all buffers between the two: the rest waits in the sender.
      await until(() => from.writableLength > 0);
      from.end();
      expect(await receive(to)).toEqual({ bytes: size, how: 'ended' });
    });

    test(`${kind}, ${direction}: a sender that breaks off while bytes wait is never taken for one that has ended`, async () => {
      const { front } = await startWithOurs();
      const { from, to } = sides(await front.connect(kind), direction);
      from.write(Buffer.alloc(24 * 1024 * 1024));
      await until(() => from.writableLength > 0);
      from.resetAndDestroy();
      expect((await receive(to)).how).toBe('reset');
    });

    test(`${kind}, ${direction}: both sides are reset when the connection below is lost while bytes wait`, async () => {
      const { edge, tunnel, front } = await startWithOurs();
      const { from, to } = sides(await front.connect(kind), direction);
      from.write(Buffer.alloc(24 * 1024 * 1024));
      await until(() => from.writableLength > 0);
      const sender = receive(from);
      edge.drop(tunnel.id, null);
      expect((await receive(to)).how).toBe('reset');
      expect((await sender).how).toBe('reset');
    });

    test.each(['connector', 'edge'] as const)(
      `${kind}, ${direction}: when the %s drains, what has been sent still arrives whole`,
      async (who) => {
        const { edge, front, connector } = await startWithOurs({ gracePeriodMs: 30_000 });
        const size = 8 * 1024 * 1024;
        const { from, to } = sides(await front.connect(kind), direction);
        from.end(Buffer.alloc(size));
        const drained = who === 'edge' ? edge.drain(30_000) : connector.close();
        expect(await receive(to)).toEqual({ bytes: size, how: 'ended' });
        to.end();
        await drained;
      },
    );

    test.each(['connector', 'edge'] as const)(
      `${kind}, ${direction}: when the %s has drained long enough, what is under way is reset`,
      async (who) => {
        const { edge, front, connector } = await startWithOurs({ gracePeriodMs: 50 });
        const { from, to } = sides(await front.connect(kind), direction);
        from.end(Buffer.alloc(24 * 1024 * 1024));
        await until(() => from.writableLength > 0);
        await (who === 'edge' ? edge.drain(50) : connector.close());
        expect((await receive(to)).how).toBe('reset');
      },
    );
  }

for (const kind of KINDS)
  test(`${kind}: each direction ends by itself, whichever is first`, async () => {
    const { front } = await startWithOurs();
    for (const first of DIRECTIONS) {
      const { from, to } = sides(await front.connect(kind), first);
      from.end('question');
      expect(await receive(to)).toEqual({ bytes: 8, how: 'ended' });
      to.end(Buffer.alloc(300_000));
      expect(await receive(from)).toEqual({ bytes: 300_000, how: 'ended' });
    }
  });

test('both sides are reset when nothing has moved for too long', async () => {
  const started = await startEdge();
  const tunnel = started.addTunnel();
  const front = await startFront(started, tunnel, { idleMs: 100 });
  await started.connect(tunnel);
  const { client, origin } = await front.connect('tcp');
  const both: Received[] = await Promise.all([receive(client), receive(origin)]);
  expect(both.map(({ how }) => how)).toEqual(['reset', 'reset']);
});

test('an end in good order is one although the far end still has much to say, which nobody reads', async () => {
  const started = await startEdge();
  const tunnel = started.addTunnel();
  const closed = new Promise<number | undefined>((resolve) => {
    void connectRaw(started, tunnel, (stream) => {
      stream.respond({ ':status': 200 });
      stream.resume();
      stream.on('close', () => resolve(stream.rstCode));
      stream.on('end', async () => {
        for (let i = 0; i < 40; i++) {
          stream.write(Buffer.alloc(10_000));
          await new Promise((wait) => setTimeout(wait, 5));
        }
        stream.end('bye');
      });
    });
  });
  await until(() => started.edge.connected(tunnel.id));
  const socket = await connected(started.dial(tunnel, 9));
  socket.write('hello');
  socket.destroySoon();
  expect(await closed).toBe(0);
});
