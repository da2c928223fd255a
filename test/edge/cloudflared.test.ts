import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { type Cloudflared, cloudflaredBinary, runCloudflared } from './cloudflared-process.js';
import {
  ACCOUNT,
  cleanUp,
  cleanUpLater,
  connected,
  failure,
  readExactly,
  startEdge,
  startOrigin,
  type TestEdge,
  type TestTunnel,
  tokenOf,
  until,
} from './fixture.js';

/** An HTTP server on loopback; answers its port. */
async function startHttp(serve: RequestListener): Promise<number> {
  const server = createServer(serve);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUpLater(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function withFourConnections(): Promise<TestEdge & { tunnel: TestTunnel; cloudflared: Cloudflared }> {
  const started = await startEdge();
  const tunnel = started.addTunnel();
  const cloudflared = await runCloudflared(started, tunnel.token);
  await until(() => started.edge.connections(tunnel.id).length === 4);
  return { ...started, tunnel, cloudflared };
}

describe.skipIf(!cloudflaredBinary)('an unmodified cloudflared', () => {
  afterEach(cleanUp);

  test('registers one connection for each edge address, with its version and features', async () => {
    const { edge, tunnel } = await withFourConnections();
    const connections = edge.connections(tunnel.id);
    expect(connections.map(({ connIndex }) => connIndex).sort()).toEqual([0, 1, 2, 3]);
    expect(new Set(connections.map(({ clientId }) => clientId)).size).toBe(1);
    expect(connections[0]).toMatchObject({ coloName: 'TEST01', originIp: '127.0.0.1' });
    expect(connections[0]!.arch).toMatch(/^linux_/);
    expect(connections[0]!.features).toContain('serialized_headers');
  });

  test('carries megabytes both ways, and tells a refused origin', async () => {
    const { dial, tunnel } = await withFourConnections();
    const origin = await startOrigin();
    const sockets = await Promise.all(Array.from({ length: 8 }, () => connected(dial(tunnel, origin.port))));
    const sent = randomBytes(2 * 1024 * 1024);
    for (const socket of sockets) socket.write(sent);
    const received = await Promise.all(sockets.map((socket) => readExactly(socket, sent.length)));
    expect(received.every((bytes) => bytes.equals(sent))).toBe(true);
    for (const socket of sockets) socket.destroy();
    await until(() => origin.sockets.size === 0);
    const refused = await failure(dial(tunnel, 1));
    expect(refused.failure).toBe('refused');
  });

  test('delivers everything that an origin says before it closes, to a slow reader too', async () => {
    const { dial, tunnel } = await withFourConnections();
    const sent = randomBytes(3 * 1024 * 1024);
    const origin = await startOrigin((socket) => socket.end(sent));
    const socket = await connected(dial(tunnel, origin.port));
    await until(() => origin.sockets.size === 1 && socket.readableLength > 0);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk);
    expect(Buffer.concat(chunks).equals(sent)).toBe(true);
  });

  test('closes the connection to the origin when a socket is destroyed in the middle of a download', async () => {
    const { edge, dial, tunnel } = await withFourConnections();
    const origin = await startOrigin((socket) => {
      const flood = () => {
        while (!socket.destroyed && socket.write(Buffer.alloc(64 * 1024)));
      };
      socket.on('drain', flood);
      flood();
    });
    for (let i = 0; i < 4; i += 1) {
      const socket = await connected(dial(tunnel, origin.port));
      await readExactly(socket, 8 * 1024 * 1024);
      socket.destroy();
      await until(() => origin.sockets.size === 0);
    }
    expect(edge.connections(tunnel.id)).toHaveLength(4);
  });

  test('an answer of its origin with too many headers fails alone, and 150 kB of headers pass', async () => {
    const started = await startEdge();
    const tunnel = started.addTunnel();
    const port = await startHttp((request, response) => {
      const bytes = Number(request.headers['x-size']);
      for (let i = 0; i * 10_000 < bytes; i += 1) response.setHeader(`x-${i}`, 'y'.repeat(10_000));
      response.end('body');
    });
    const config = `ingress: [{ service: 'http://127.0.0.1:${port}' }]`;
    await runCloudflared(started, tunnel.token, config);
    await until(() => started.edge.connections(tunnel.id).length === 4);
    const connection = started.edge.connections(tunnel.id)[0]!;
    const echo = await connected(started.dial(tunnel, (await startOrigin()).port));
    const ask = (bytes: number) => {
      const headers = {
        ':method': 'GET',
        ':scheme': 'https',
        ':path': '/',
        ':authority': 'app.test',
        'x-size': `${bytes}`,
      };
      return started.edge.request(tunnel.id, headers, { endStream: true, onLost() {} }).stream;
    };
    for (const bytes of [40_000, 80_000, 150_000]) {
      const [headers] = await once(ask(bytes), 'response');
      const serialized: string = headers['cf-cloudflared-response-headers'];
      expect(serialized.length).toBeGreaterThan(bytes);
    }
    for (const bytes of [400_000, 900_000]) {
      const [error] = await once(ask(bytes), 'error');
      expect(error.message).toContain('header block too large');
    }
    echo.write('still here');
    expect((await readExactly(echo, 10)).toString()).toBe('still here');
    expect(started.edge.connections(tunnel.id)).toContainEqual(connection);
    expect(started.edge.connections(tunnel.id)).toHaveLength(4);
  });

  test('unregisters on SIGTERM, lets an open stream end, and exits', async () => {
    const { edge, dial, tunnel, cloudflared, availability } = await withFourConnections();
    const origin = await startOrigin();
    const socket = await connected(dial(tunnel, origin.port));
    const exit = once(cloudflared.process, 'exit');
    const draining = once(socket, 'draining');
    cloudflared.process.kill('SIGTERM');
    await draining;
    await until(() => edge.connections(tunnel.id).length === 0);
    socket.write('still here');
    expect((await readExactly(socket, 10)).toString()).toBe('still here');
    socket.destroy();
    expect((await exit)[0]).toBe(0);
    expect(availability).toEqual([
      [tunnel.id, true],
      [tunnel.id, false],
    ]);
  });

  test('comes back after its connections were dropped', async () => {
    const { edge, tunnel, events } = await withFourConnections();
    expect(edge.drop(tunnel.id, null)).toBe(4);
    await until(() => events.filter(({ type }) => type === 'opened').length > 4);
    expect(edge.connected(tunnel.id)).toBe(true);
    // It waits for up to 20 s before it dials again.
  }, 90_000);

  test('keeps its connections when the secret is rotated, and tries for ever once they are dropped', async () => {
    const { edge, tunnel, addTunnel, events, cloudflared } = await withFourConnections();
    addTunnel({ id: tunnel.id });
    expect(edge.connections(tunnel.id)).toHaveLength(4);
    expect(edge.drop(tunnel.id, null)).toBe(4);
    const { output, process } = cloudflared;
    await until(() => output().split('Unauthorized: Invalid tunnel secret').length > 4);
    expect(process.exitCode).toBeNull();
    expect(events.filter(({ type }) => type === 'opened')).toHaveLength(4);
  }, 120_000);

  test('is told that its secret is wrong, and keeps trying', async () => {
    const started = await startEdge();
    const tunnel = started.addTunnel();
    const { output, process } = await runCloudflared(started, tokenOf(ACCOUNT, tunnel.id, randomBytes(32)));
    await until(() => output().split('Register tunnel error from server side').length > 3);
    expect(output()).toContain('Unauthorized: Invalid tunnel secret');
    expect(process.exitCode).toBeNull();
    expect(started.edge.connected(tunnel.id)).toBe(false);
  });
});
