import { promises as dns } from 'node:dns';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http2 from 'node:http2';
import net, { type Socket } from 'node:net';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { httpOrigin, listening } from '../../support/fake-origins.js';
import { type OriginProcess, startOriginProcess } from '../../support/origin-process.js';
import { answerOf, runStream, type StreamClient } from '../../support/stream.js';
import { openStage, type Stage } from './cast.js';

const DATABASE = 'db.example.com';
const HANGING = 'hanging.example.com';
let stage: Stage;
beforeAll(async () => {
  stage = await openStage([`--tcp=0=${DATABASE}`, `--tcp=0=${HANGING}`]);
});
afterAll(() => stage.offramp.stop());

/** A database that tells its name for every line, on connections that stay. */
async function startDatabase(name: string, port?: number) {
  const server = net.createServer((socket) => socket.on('data', () => socket.write(`${name}\n`)));
  return listening(server, port);
}

function stopServer(server: net.Server & { readonly sockets: ReadonlySet<Socket> }): Promise<unknown> {
  const closed = once(server, 'close');
  server.close();
  for (const socket of server.sockets) socket.destroy();
  return closed;
}

/** Keeps one connection, and opens another one with the next question when that is lost. */
function databaseClient(address: string): StreamClient {
  const [host, port] = address.split(':');
  let socket: Socket | undefined;
  return {
    ask: () =>
      new Promise((resolve) => {
        const own = socket && !socket.destroyed ? socket : net.connect({ host: host!, port: Number(port) });
        socket = own;
        const settle = (by: string | null, code: number | string) => {
          own.removeAllListeners();
          own.on('error', () => undefined);
          resolve({ by, code });
        };
        own.once('data', (line) => settle(line.toString().trim(), 0));
        own.once('error', (error: NodeJS.ErrnoException) => settle(null, error.code ?? error.message));
        own.once('close', () => settle(null, 'closed'));
        own.write('who is it?\n');
      }),
    close: () => socket?.destroy(),
  };
}

test("a TCP load balancer's database fails over", async () => {
  const primary = await startDatabase('primary');
  const replica = await startDatabase('replica');
  const poolOf = async (name: string, { port }: { readonly port: number }) => {
    const monitor = await stage.monitor(port, { type: 'tcp', interval: 1, expected_codes: undefined });
    return stage.api.create('@/load_balancers/pools', {
      name,
      monitor: monitor.id,
      origins: [{ name, address: 'localhost', port }],
    });
  };
  const pools = [await poolOf('primary', primary), await poolOf('replica', replica)];
  await stage.balancer(pools, { name: DATABASE });
  const stream = runStream(DATABASE, 4, () => databaseClient(stage.offramp.tcp[DATABASE]!));
  await stream.everyone('primary');

  await stopServer(primary);
  await stage.healthy(pools[0].id, false);
  const known = stream.sent;
  await stream.everyone('replica');
  expect(stream.tally(known)).toMatchObject({ failed: {}, moved: 0 });
  await startDatabase('primary', primary.port);
  await stage.healthy(pools[0].id, true);
  const late = runStream(DATABASE, 4, () => databaseClient(stage.offramp.tcp[DATABASE]!));
  await late.everyone('primary');
  await stream.everyone('replica');
  // Whoever has a connection to the replica keeps it; new ones go to the primary again.
  const { failed, moved } = await stream.end();
  expect(moved).toBe(4);
  for (const code of Object.keys(failed)) expect(['closed', 'ECONNRESET']).toContain(code);
  expect(stream.tally(known).failed).toEqual({});
  expect(await late.end()).toMatchObject({ answered: { primary: late.sent }, failed: {} });
});

test("a TCP load balancer's database hangs with its connections open", async () => {
  const [primary, replica] = await Promise.all(
    ['primary', 'replica'].map((name) => startOriginProcess(name, '127.0.0.1')),
  );
  onTestFinished(async () => {
    await Promise.all([primary!.kill(), replica!.kill()]);
  });
  const poolOf = async ({ name, port }: OriginProcess) => {
    const monitor = await stage.monitor(port, { interval: 1 });
    return stage.api.create('@/load_balancers/pools', {
      name: `hanging-${name}`,
      monitor: monitor.id,
      origins: [{ name, address: 'localhost', port }],
    });
  };
  const pools = [await poolOf(primary!), await poolOf(replica!)];
  await stage.balancer(pools, { name: HANGING });
  for (const { id } of pools) await stage.healthy(id, true);
  const ask = async () => {
    const [host, port] = stage.offramp.tcp[HANGING]!.split(':');
    const socket = net.connect({ host: host!, port: Number(port) });
    socket.write('GET / HTTP/1.1\r\nHost: db\r\n\r\n');
    const [answer] = await once(socket, 'data');
    return { socket, by: /primary|replica/.exec(String(answer))?.[0] };
  };
  const { socket, by } = await ask();
  expect(by).toBe('primary');
  const ended = once(socket, 'close').catch(({ code }) => code);
  primary!.freeze();
  expect(await ended).toBe('ECONNRESET');
  expect((await ask()).by).toBe('replica');
});

test('a DNS-only load balancer fails over in its answers', async () => {
  const main = await stage.pool('main', { monitored: true });
  const spare = await stage.api.create('@/load_balancers/pools', {
    name: 'far-away',
    origins: [{ name: 'far-away', address: '1.0.0.1' }],
  });
  const balancer = await stage.balancer([main, spare], { proxied: false });
  const stream = runStream(balancer.host, 4, () => {
    const resolver = new dns.Resolver({ timeout: 60_000, tries: 1 });
    resolver.setServers([stage.offramp.dns]);
    return {
      ask: () =>
        resolver.resolve4(balancer.host).then(
          (addresses) => ({ by: addresses.join(), code: 0 }),
          ({ code }: NodeJS.ErrnoException) => ({ by: null, code: code! }),
        ),
      close: () => resolver.cancel(),
    };
  });
  await stream.everyone('127.0.0.1');
  await stage.faults({ pool_id: main.id, reason: 'TCP connection failed' });
  const down = stream.sent;
  await stream.everyone('1.0.0.1');
  expect(Object.keys(stream.tally(down).answered)).toEqual(['1.0.0.1']);
  await stage.faults();
  const back = stream.sent;
  await stream.everyone('127.0.0.1');
  expect(await stream.end()).toMatchObject({ failed: {}, moved: 8 });
  expect(Object.keys(stream.tally(back).answered)).toEqual(['127.0.0.1']);
});

test('HTTP/2 clients keep their connection while origins change', async () => {
  const ca = await readFile(stage.offramp.edgeCa, 'utf8');
  const blue = await stage.pool('blue', { monitored: true });
  const green = await stage.pool('green');
  const balancer = await stage.balancer([blue, green]);
  const sessions: http2.ClientHttp2Session[] = [];
  let ended = 0;
  const stream = runStream(balancer.host, 8, (lane) => {
    // Two clients to a connection: their requests are in flight together.
    const session = sessions[lane >> 1] ?? connect(balancer.host, ca);
    if (session !== sessions[lane >> 1]) {
      sessions[lane >> 1] = session;
      for (const event of ['goaway', 'error', 'close'] as const) {
        session.on(event, () => {
          ended += 1;
        });
      }
    }
    return { ask: () => askOver(session, balancer.host), close: () => undefined };
  });
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
  });
  await stream.everyone('blue');
  await stage.faults({ pool_id: blue.id, reason: 'TCP Timeout' });
  const down = stream.sent;
  await stream.everyone('green');
  expect(Object.keys(stream.tally(down).answered)).toEqual(['green']);
  const third = await httpOrigin((_request, response) => response.end('third'));
  await stage.change(`@/load_balancers/pools/${green.id}`, {
    origins: [{ name: 'third', address: 'localhost', port: third.port }],
  });
  const replaced = stream.sent;
  await stream.everyone('third');
  expect(Object.keys(stream.tally(replaced).answered)).toEqual(['third']);
  await stage.faults();
  await stream.everyone('blue');
  expect(await stream.end()).toMatchObject({ failed: {}, moved: 24 });
  expect([sessions.length, ended]).toEqual([4, 0]);
});

function connect(host: string, ca: string): http2.ClientHttp2Session {
  const port = Number(stage.offramp.https.split(':')[1]);
  const options = { host: '127.0.0.1', port, servername: host, ca };
  return http2.connect(`https://${host}`, options as http2.SecureClientSessionOptions);
}

function askOver(session: http2.ClientHttp2Session, host: string): ReturnType<StreamClient['ask']> {
  return new Promise((resolve) => {
    const request = session.request({ ':authority': host });
    let status = 0;
    let body = '';
    request.setEncoding('utf8');
    request.on('response', (head) => {
      status = head[':status']!;
    });
    request.on('data', (piece: string) => {
      body += piece;
    });
    request.on('end', () => resolve(answerOf(status, body)));
    request.on('error', (error: NodeJS.ErrnoException) => resolve({ by: null, code: error.code! }));
  });
}

/** A server of WebSockets, as far as a proxy can tell, that answers every message with its name. */
async function chatServer(name: string) {
  return listening(
    net.createServer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n');
        socket.on('data', () => socket.write(name));
      });
    }),
  );
}

function chatClient(address: string, host: string): StreamClient {
  const [hostname, port] = address.split(':');
  const socket: Socket = net.connect({ host: hostname!, port: Number(port) });
  const handshake =
    `GET /chat HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';
  let upgraded = false;
  socket.write(handshake);
  return {
    ask: () =>
      new Promise((resolve) => {
        const settle = (by: string | null, code: number | string) => {
          socket.removeAllListeners();
          socket.on('error', () => undefined);
          resolve({ by, code });
        };
        socket.on('error', (error: NodeJS.ErrnoException) => settle(null, error.code!));
        socket.on('close', () => settle(null, 'closed'));
        socket.on('data', (bytes) => {
          const text = bytes.toString('latin1');
          if (upgraded) return settle(text, 0);
          if (!text.startsWith('HTTP/1.1 101')) return settle(null, text.slice(9, 12));
          upgraded = true;
          socket.write('who is it?');
        });
        if (upgraded) socket.write('who is it?');
      }),
    close: () => socket.destroy(),
  };
}

test('WebSockets stay with their origin while everything else is moved', async () => {
  const [blue, green] = [await chatServer('blue'), await chatServer('green')];
  const poolOf = (name: string, { port }: { readonly port: number }) =>
    stage.api.create('@/load_balancers/pools', {
      name: `chat-${name}`,
      origins: [{ name, address: 'localhost', port }],
    });
  const pools = [await poolOf('blue', blue), await poolOf('green', green)];
  const balancer = await stage.balancer(pools);
  const chats = () => runStream(balancer.host, 4, () => chatClient(stage.offramp.http, balancer.host));
  const early = chats();
  await early.everyone('blue');
  await stage.change(`@/load_balancers/pools/${pools[0].id}`, { enabled: false });
  const late = chats();
  await Promise.all([early.everyone('blue'), late.everyone('green')]);
  await stage.change(balancer.path, { enabled: false });
  await Promise.all([early.everyone('blue'), late.everyone('green')]);
  expect(await early.end()).toMatchObject({ answered: { blue: early.sent }, failed: {} });
  expect(await late.end()).toMatchObject({ answered: { green: late.sent }, failed: {} });
});
