import { once } from 'node:events';
import net from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { joinStreams } from '../../src/proxy/downstream/joined-streams.js';
import { createDeadlines } from '../../src/proxy/limits.js';
import { eventually } from '../support/waiting.js';
import { httpOrigin, rawOrigin } from './fake-origin.js';
import { rawClient } from './raw-client.js';
import { HOST, startRig } from './rig.js';

const UPGRADE = `GET /chat HTTP/1.1\r\nHost: ${HOST}\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`;
const SWITCH =
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';

/** Accepts the upgrade and echoes every byte; ends when the client ends. */
async function echoOrigin(seen: string[] = []) {
  return rawOrigin((socket) => {
    socket.once('data', (head) => {
      const text = head.toString('latin1');
      seen.push(text);
      socket.write(SWITCH + text.slice(text.indexOf('\r\n\r\n') + 4));
      socket.on('data', (chunk) => socket.write(chunk));
      socket.on('end', () => socket.end('bye'));
    });
  });
}

test('T112 after the upgrade bytes pass both ways, and each end is passed on', async () => {
  const seen: string[] = [];
  const origin = await echoOrigin(seen);
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(UPGRADE);
  const head = await client.receive((text) => text.includes('\r\n\r\n'));
  expect(head).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
  expect(head).toMatch(/\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n/);
  expect(head).toContain('Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=');
  expect(head).toMatch(/\r\nCF-Ray: [0-9a-f]{16}-LOC\r\n/);
  expect(seen[0]).toMatch(/\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n/);
  expect(seen[0]).toContain('Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==');
  client.send('\x81\x02hi');
  await client.receive((text) => text.endsWith('\x81\x02hi'));
  client.socket.end('last');
  expect(await client.closed()).toMatch(/lastbye$/);
});

test('much more than any buffer passes through an upgraded connection', async () => {
  const origin = await echoOrigin();
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(UPGRADE);
  const head = await client.receive((text) => text.includes('\r\n\r\n'));
  let echoed = 0;
  client.socket.removeAllListeners('data').on('data', (chunk) => {
    echoed += chunk.length;
  });
  const total = 8 * 1024 * 1024;
  client.send(Buffer.alloc(total, 7));
  while (echoed < total) await once(client.socket, 'data');
  expect([echoed, head.length > 0]).toEqual([total, true]);
});

test('bytes sent before the upgrade was accepted are not lost', async () => {
  const origin = await rawOrigin((socket) => {
    socket.once('data', () => {
      setImmediate(() => socket.write(`${SWITCH}hello`));
      socket.on('data', (chunk) => socket.write(chunk));
    });
  });
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(`${UPGRADE}early`);
  expect(await client.receive((text) => text.includes('early'))).toMatch(/\r\n\r\nhelloearly$/);
});

test('an origin that does not upgrade is answered for like any other', async () => {
  const origin = await httpOrigin((_, response) => response.writeHead(426).end('no'));
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(UPGRADE);
  expect(await client.receive((text) => text.includes('no'))).toMatch(/^HTTP\/1\.1 426 /);
});

test('any other protocol is not upgraded to, and the request is served without', async () => {
  const origin = await httpOrigin((request, response) => response.end(String(request.headers.upgrade)));
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(UPGRADE.replace('WebSocket', 'h2c'));
  expect(await client.receive((text) => text.includes('undefined'))).toMatch(/^HTTP\/1\.1 200 /);
});

test('an origin that switches to something else gets 520', async () => {
  const origin = await rawOrigin((socket) => {
    socket.once('data', () => socket.write(SWITCH.replace('websocket', 'h2c')));
  });
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(UPGRADE);
  expect(await client.receive((text) => text.includes('error code'))).toMatch(/^HTTP\/1\.1 520 /);
});

test('when the origin is gone the client of an upgraded connection is disconnected', async () => {
  const origin = await echoOrigin();
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(UPGRADE);
  await client.receive((text) => text.includes('\r\n\r\n'));
  await origin.kill();
  await client.closed();
});

test('an upgraded connection on which nothing moves is ended', async () => {
  const origin = await echoOrigin();
  const rig = await startRig({ origins: [origin.port], timeouts: { upgradedIdle: 40 } });
  const client = await rawClient(rig.port);
  client.send(UPGRADE);
  await client.closed();
});

/** A client and an origin joined by streams as the proxy has them; neither the client nor the origin ends by itself. */
async function joined() {
  const accepted = (server: net.Server) => once(server, 'connection') as Promise<[net.Socket]>;
  const connection = async () => {
    const server = net.createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as net.AddressInfo;
    const outer = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const [inner] = await accepted(server);
    outer.on('error', () => {});
    inner.on('error', () => {});
    onTestFinished(() => {
      outer.destroy();
      inner.destroy();
      server.close();
    });
    return { outer, inner };
  };
  const client = await connection();
  const origin = await connection();
  const deadlines = createDeadlines(20);
  onTestFinished(() => deadlines.stop());
  joinStreams(client.inner, origin.outer, deadlines, { idleMs: 3_600_000, lookMs: 20 });
  return { client: client.outer, clientSide: client.inner, originSide: origin.outer, origin: origin.inner };
}

test('an origin that breaks off resets its client: an end would say that it had said all', async () => {
  const { client, originSide } = await joined();
  client.resume();
  originSide.destroy(new Error('reset'));
  expect((await once(client, 'error'))[0]).toMatchObject({ code: 'ECONNRESET' });
});

test('an origin that is reset while bytes of it are unread has not ended', async () => {
  const { client, clientSide, origin, originSide } = await joined();
  origin.write(Buffer.alloc(16 * 1024 * 1024));
  await eventually(() => originSide.isPaused());
  const closed = once(clientSide, 'close');
  origin.resetAndDestroy();
  client.resume();
  await closed;
  // An end would have been passed on.
  expect(clientSide.writableEnded).toBe(false);
});

test('what the origin said before its end still arrives when the connection to it fails afterwards', async () => {
  const { client, origin, originSide } = await joined();
  const bytes = 8 * 1024 * 1024;
  let read = 0;
  client.on('data', (chunk) => {
    read += chunk.length;
  });
  origin.end(Buffer.alloc(bytes));
  await once(originSide, 'end');
  setImmediate(() => originSide.destroy(new Error('reset')));
  await once(client, 'end');
  expect(read).toBe(bytes);
});
