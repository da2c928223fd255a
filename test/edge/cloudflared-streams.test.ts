import http, { type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { cloudflaredBinary, runCloudflared } from './cloudflared-process.js';
import { cleanUp, cleanUpLater, connected, startEdge, until } from './fixture.js';
import { type Joined, receive, startFront } from './stream-front.js';

/** cloudflared's window is 1 MiB, of a stream and of a connection. */
const SIZES = [0, 65_536, 262_144, 270_000, 1_048_575, 1_048_576, 1_100_000, 3_000_000];

async function startWithCloudflared(halfCloseIdleMs: number) {
  const started = await startEdge({ halfCloseIdleMs });
  const tunnel = started.addTunnel();
  await runCloudflared(started, tunnel.token);
  await until(() => started.edge.connections(tunnel.id).length === 4);
  return { ...started, tunnel, front: await startFront(started, tunnel) };
}

describe.skipIf(!cloudflaredBinary)('streams through an unmodified cloudflared', () => {
  afterEach(cleanUp);

  test('what a client sends before its end arrives whole', async () => {
    const { front } = await startWithCloudflared(200);
    for (const size of SIZES) {
      const { client, origin } = await front.connect('tcp');
      client.end(Buffer.alloc(size));
      expect(await receive(origin)).toEqual({ bytes: size, how: 'ended' });
    }
  });

  test('what an origin sends before its end arrives whole', async () => {
    const { front } = await startWithCloudflared(200);
    for (const size of SIZES) {
      const { client, origin } = await front.connect('tcp');
      origin.end(Buffer.alloc(size));
      expect(await receive(client)).toEqual({ bytes: size, how: 'ended' });
    }
  });

  test('a client that has ended its half gets the answer, and what it sent arrives whole', async () => {
    const { front } = await startWithCloudflared(3_600_000);
    for (const size of SIZES.filter((bytes) => bytes > 0)) {
      const { client, origin } = await front.connect('tcp');
      client.end(Buffer.alloc(size));
      let read = 0;
      origin.on('data', (chunk) => {
        read += chunk.length;
        if (read === size) origin.end(Buffer.alloc(300_000));
      });
      origin.resume();
      expect(await receive(client)).toEqual({ bytes: 300_000, how: 'ended' });
    }
  });

  test('four stuck uploads, one on each connection, hold up none of 200 other requests', async () => {
    const { front, dial, tunnel } = await startWithCloudflared(200);
    const server = http.createServer((_request, response) => response.end('here'));
    server.listen(0, '127.0.0.1');
    await until(() => server.listening);
    cleanUpLater(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const uploads: Joined[] = [];
    for (let i = 0; i < 4; i += 1) {
      const { client, origin } = await front.connect('tcp');
      origin.pause();
      client.write(Buffer.alloc(32 * 1024 * 1024));
      uploads.push({ client, origin });
    }
    await until(() => uploads.every(({ client }) => client.writableLength > 0));
    let answered = 0;
    const get = async () => {
      const socket = await connected(dial(tunnel, port));
      const response = await new Promise<IncomingMessage>((resolve, reject) =>
        http
          .get({ host: 'app.example.com', createConnection: () => socket as Duplex }, resolve)
          .once('error', reject),
      );
      for await (const chunk of response) if (String(chunk) === 'here') answered += 1;
    };
    for (let round = 0; round < 20; round += 1) await Promise.all(Array.from({ length: 10 }, get));
    expect(answered).toBe(200);
    // None of the uploads has ended or moved on meanwhile.
    for (const { client } of uploads) expect(client.writableLength).toBeGreaterThan(0);
    for (const { origin } of uploads) expect(origin.readableEnded).toBe(false);
  });
});
