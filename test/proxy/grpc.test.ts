import { once } from 'node:events';
import http2 from 'node:http2';
import {
  Metadata,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceError,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import { isGrpc } from '../../src/proxy/downstream/http2-session.js';
import type { OriginSocket } from '../../src/tunnel/egress/contract.js';
import { selfSigned } from '../support/certificates.js';
import { listening } from '../support/fake-origins.js';
import { liveLoadBalancer, liveOrigin, livePool, unmonitoredPool } from '../support/live-objects.js';
import { until } from '../support/prober-bench.js';
import { httpOrigin, rawOrigin } from './fake-origin.js';
import { type EchoClient, echoClient, echoServer } from './grpc-echo.js';
import { END_HEADERS, END_STREAM, FRAME, frame, hpack } from './http2-frames.js';
import { ask, http2Client, startHttpsRig, testAuthority } from './https-rig.js';
import { HOST, type RigOptions, setHealth } from './rig.js';

type Done = sendUnaryData<string>;

/** What every test server does; `name` tells them apart. */
const echo = (name: string) => ({
  one(call: ServerUnaryCall<string, string>, done: Done) {
    if (call.request === 'fail') {
      const metadata = new Metadata();
      metadata.set('x-why', 'told to');
      done({ code: status.NOT_FOUND, details: 'nothing 100% here', metadata });
      return;
    }
    const metadata = new Metadata();
    metadata.set('x-end', 'seen');
    const { 'x-asked': asked = '', 'cf-connecting-ip': ip } = call.metadata.getMap();
    done(null, `${name} ${call.request} ${asked} ${ip}`, metadata);
  },
  many(call: ServerWritableStream<string, string>) {
    for (let i = 0; i < Number(call.request); i++) call.write(`${i}`);
    call.end();
  },
  collect(call: ServerReadableStream<string, string>, done: Done) {
    const texts: string[] = [];
    call.on('data', (text) => texts.push(text));
    call.on('end', () => done(null, texts.join('+')));
  },
  chat(call: ServerDuplexStream<string, string>) {
    call.on('data', (text) => call.write(text.toUpperCase()));
    call.on('end', () => call.end());
  },
});

async function clientOf(options: RigOptions) {
  const rig = await startHttpsRig(options);
  return { rig, client: echoClient(rig.httpsPort, HOST, (await testAuthority()).caCertificate) };
}

function one(client: EchoClient, text: string, metadata = new Metadata()) {
  return new Promise<{ error: ServiceError | null; text: string | undefined; trailers: Metadata }>(
    (resolve) => {
      let trailers = new Metadata();
      let got: [ServiceError | null, string | undefined] | null = null;
      const finish = () => got && resolve({ error: got[0], text: got[1], trailers });
      const call = client.one(text, metadata, (error, answer) => {
        got = [error, answer];
        setImmediate(finish);
      });
      call.on('status', (end) => {
        trailers = end.metadata;
      });
    },
  );
}

const TLS_PORT = 443;

test.each(['plain', 'TLS'])('each kind of call passes to an origin over %s', async (transport) => {
  const certificate = transport === 'TLS' ? await selfSigned(HOST) : undefined;
  const server = await echoServer(echo('a'), certificate);
  const { rig, client } = await clientOf(
    certificate ? { origins: [TLS_PORT], ports: { [TLS_PORT]: server.port } } : { origins: [server.port] },
  );
  const metadata = new Metadata();
  metadata.set('x-asked', 'please');
  const answer = await one(client, 'hello', metadata);
  expect([answer.error, answer.text]).toEqual([null, 'a hello please 127.0.0.1']);
  expect(answer.trailers.get('x-end')).toEqual(['seen']);

  const numbers: string[] = [];
  for await (const text of client.many('500')) numbers.push(text);
  expect(numbers).toEqual(Array.from({ length: 500 }, (_, i) => String(i)));

  const collected = await new Promise((resolve, reject) => {
    const call = client.collect((error, text) => (error ? reject(error) : resolve(text)));
    for (const text of ['a', 'b', 'c']) call.write(text);
    call.end();
  });
  expect(collected).toBe('a+b+c');

  const chat = client.chat();
  for (const text of ['x', 'y', 'z']) {
    chat.write(text);
    expect(String(await once(chat, 'data'))).toBe(text.toUpperCase());
  }
  chat.end();
  chat.resume();
  await once(chat, 'end');
  expect(rig.dialled).toHaveLength(1);
});

test('the status and the metadata of a call that the origin fails come as they are', async () => {
  const server = await echoServer(echo('a'));
  const { client } = await clientOf({ origins: [server.port] });
  const { error, trailers } = await one(client, 'fail');
  expect(error).toMatchObject({ code: status.NOT_FOUND, details: 'nothing 100% here' });
  expect(trailers.get('x-why')).toEqual(['told to']);
});

test('large messages and many calls share one connection to the origin', async () => {
  const server = await echoServer(echo('a'));
  const { rig, client } = await clientOf({ origins: [server.port] });
  const large = 'x'.repeat(2_000_000);
  const answers = await Promise.all([
    one(client, large),
    ...Array.from({ length: 80 }, (_, i) => one(client, `call ${i}`)),
  ]);
  expect(answers[0]!.text).toBe(`a ${large}  127.0.0.1`);
  expect(answers.map(({ error }) => error)).toEqual(answers.map(() => null));
  expect(rig.dialled).toHaveLength(1);
});

test('a call goes to another origin of the pool when one refuses the connection', async () => {
  const server = await echoServer(echo('b'));
  const pool = unmonitoredPool({
    id: 'pool',
    origins: [liveOrigin({ port: 1, address: '127.0.0.2' }), liveOrigin({ port: server.port })],
  });
  const { rig, client } = await clientOf({ upsert: { pool: [pool] }, failures: { '127.0.0.2': 'refused' } });
  for (let i = 0; i < 12; i++) expect((await one(client, 'x')).text).toMatch(/^b x/);
  expect(rig.dialled).toContain('127.0.0.2:1');
});

test('an error of ours is UNAVAILABLE, with what went wrong as the message', async () => {
  const { rig, client } = await clientOf({ origins: [1] });
  const { error } = await one(client, 'x');
  expect(error).toMatchObject({ code: status.UNAVAILABLE });
  expect(error!.details).toMatch(
    /^error code: 521: The origin refused the connection, or .* did not say why\. \(ray: [0-9a-f]{16}-LOC\)$/,
  );
  const chat = client.chat();
  chat.write('x');
  const [failed] = (await once(chat, 'error')) as [ServiceError];
  expect(failed.code).toBe(status.UNAVAILABLE);
  // What is no gRPC gets the page.
  const web = await ask(
    await http2Client(rig),
    { ':method': 'POST', 'content-type': 'application/grpc-web' },
    'x',
  );
  expect(web.status).toBe(521);
});

test('an origin that speaks no HTTP/2 is one that does not answer with valid HTTP', async () => {
  const plain = await httpOrigin((_request, response) => response.end('ok'));
  const { client } = await clientOf({ origins: [plain.port] });
  expect((await one(client, 'x')).error!.details).toMatch(/^error code: 520:/);
  const { cert, key } = await selfSigned(HOST);
  const tls = await import('node:tls');
  const noAlpn = await listening(
    tls.createServer({ cert, key }, (socket) => void socket.on('error', () => {})),
  );
  const second = await clientOf({ origins: [TLS_PORT], ports: { [TLS_PORT]: noAlpn.port } });
  expect((await one(second.client, 'x')).error!.details).toMatch(/^error code: 525:/);
});

test('an origin that stops in the middle of calls fails them, and later ones find its successor', async () => {
  const server = await echoServer(echo('a'));
  const { rig, client } = await clientOf({ origins: [server.port] });
  const chat = client.chat();
  chat.write('x');
  await once(chat, 'data');
  const failed = once(chat, 'error') as Promise<[ServiceError]>;
  server.stop();
  expect((await failed)[0].code).toBeGreaterThan(0);
  const next = await echoServer(echo('b'));
  rig.apply({ pool: [unmonitoredPool({ id: 'pool', origins: [liveOrigin({ port: next.port })] })] });
  expect((await one(client, 'y')).text).toMatch(/^b y/);
});

/** An HTTP/2 origin that is told what to do with each stream. */
async function http2Origin(onStream: (stream: http2.ServerHttp2Stream, session: http2.Http2Session) => void) {
  const server = http2.createServer();
  const sessions = new Set<http2.Http2Session>();
  server.on('session', (session) => sessions.add(session));
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    onStream(stream, stream.session!);
  });
  const { port } = await listening(server);
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
  });
  return { port, sessions };
}

const CALL = {
  ':method': 'POST',
  ':path': '/test.Echo/One',
  'content-type': 'application/grpc',
  te: 'trailers',
};
const OK = { ':status': 200, 'content-type': 'application/grpc' };

function answerCall(stream: http2.ServerHttp2Stream): void {
  stream.resume();
  stream.respond(OK, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  stream.end('ok');
}

test('a response whose head, body and trailers come at once is passed on in order', async () => {
  const type = ['content-type', 'application/grpc'] as const;
  const response = Buffer.concat([
    frame(FRAME.settings, 0, 0),
    frame(
      FRAME.headers,
      END_HEADERS,
      1,
      hpack([[':status', '200'], type, ['constructor', 'a'], ['constructor', 'b']]),
    ),
    frame(FRAME.data, 0, 1, Buffer.from('ok')),
    frame(FRAME.headers, END_HEADERS | END_STREAM, 1, hpack([['grpc-status', '0']])),
  ]);
  // The frame that ends the request: one byte of data.
  const end = frame(FRAME.data, END_STREAM, 1, Buffer.from('x'));
  const origin = await rawOrigin((socket) => {
    let received: Buffer = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.includes(end)) socket.write(response);
    });
  });
  const rig = await startHttpsRig({ origins: [origin.port] });
  const { headers, body, trailers } = await ask(await http2Client(rig), CALL, 'x');
  expect([headers[':status'], headers.constructor, body]).toEqual([200, 'a, b', 'ok']);
  expect(trailers['grpc-status']).toBe('0');
});

test('a stream that the origin refuses on a used session is asked again on a fresh one', async () => {
  let streams = 0;
  const origin = await http2Origin((stream) => {
    streams += 1;
    if (streams === 2) stream.close(http2.constants.NGHTTP2_REFUSED_STREAM);
    else answerCall(stream);
  });
  const rig = await startHttpsRig({ origins: [origin.port] });
  const session = await http2Client(rig);
  for (let i = 0; i < 2; i++) {
    const { body, trailers } = await ask(session, CALL, 'x');
    expect([body, trailers['grpc-status']]).toEqual(['ok', '0']);
  }
  expect([streams, rig.dialled.length]).toEqual([3, 2]);
});

test('after a GOAWAY of the origin the next call takes a new session', async () => {
  const origin = await http2Origin((stream, session) => {
    answerCall(stream);
    session.goaway();
  });
  const rig = await startHttpsRig({ origins: [origin.port] });
  const session = await http2Client(rig);
  for (let i = 0; i < 3; i++) expect((await ask(session, CALL, 'x')).body).toBe('ok');
  expect(rig.dialled.length).toBeGreaterThan(1);
});

test('a session that has rested too long is closed, and so are all when the way to an origin may have changed', async () => {
  const origin = await http2Origin(answerCall);
  const rig = await startHttpsRig({ origins: [origin.port], timeouts: { originIdle: 100 } });
  const session = await http2Client(rig);
  await ask(session, CALL, 'x');
  const [first] = origin.sessions;
  if (!first!.destroyed) await once(first!, 'close');
  const other = await startHttpsRig({ origins: [origin.port] });
  const client = await http2Client(other);
  await ask(client, CALL, 'x');
  const second = [...origin.sessions].at(-1)!;
  const closed = once(second, 'close');
  other.apply({ route: [{ id: 'r', virtualNetworkId: 'v', network: '10.0.0.0/8', tunnelId: 't' } as never] });
  await closed;
  expect((await ask(client, CALL, 'x')).body).toBe('ok');
});

test('a session with an origin that is found down takes no more calls', async () => {
  const origin = await http2Origin(answerCall);
  const rig = await startHttpsRig({ origins: [origin.port] });
  const client = await http2Client(rig);
  await ask(client, CALL, 'x');
  const [first] = origin.sessions;
  const closed = once(first!, 'close');
  setHealth(rig, 'pool', origin.port, 'unhealthy');
  await closed;
  expect((await ask(client, CALL, 'x')).body).toBe('ok');
  expect(rig.dialled).toHaveLength(2);
});

test('calls that wait for one dial to an origin that is found down go to another', async () => {
  const server = await echoServer(echo('b'));
  const stuck = liveOrigin({ port: 1, weight: 1 });
  const pool = livePool({ id: 'pool', origins: [stuck, liveOrigin({ port: server.port, weight: 1e-12 })] });
  const { rig, client } = await clientOf({
    upsert: { pool: [pool], load_balancer: [liveLoadBalancer({ name: HOST, defaultPools: ['pool'] })] },
    failures: { '127.0.0.1:1': 'never connects' },
  });
  for (const port of [1, server.port]) setHealth(rig, 'pool', port, 'healthy');
  const calls = ['x', 'y', 'z'].map((text) => one(client, text));
  await until(() => rig.load.outstanding('pool') === 3);
  setHealth(rig, 'pool', 1, 'unhealthy');
  expect((await Promise.all(calls)).map(({ text }) => text?.slice(0, 3))).toEqual(['b x', 'b y', 'b z']);
  expect(rig.dialled).toEqual(['127.0.0.1:1', `127.0.0.1:${server.port}`]);
});

test('an origin that keeps silent is given up', async () => {
  const silent = await rawOrigin((socket) => {
    socket.resume();
    socket.on('error', () => {});
  });
  const rig = await startHttpsRig({ origins: [silent.port], timeouts: { upgradedIdle: 200 } });
  const answer = await ask(await http2Client(rig), CALL, 'x');
  expect(answer.headers).toMatchObject({ ':status': 200, 'grpc-status': '14' });
  expect(answer.headers['grpc-message']).toMatch(/^error code: 524/);
});

test('a client that gives up a call gives it up at the origin', async () => {
  let aborted: Promise<unknown> | null = null;
  const origin = await http2Origin((stream) => {
    aborted = once(stream, 'aborted');
    stream.respond(OK);
    stream.write('begun');
  });
  const rig = await startHttpsRig({ origins: [origin.port] });
  const session = await http2Client(rig);
  const stream = session.request({ ':authority': HOST, ...CALL });
  stream.on('error', () => {});
  await once(stream, 'data');
  stream.close(http2.constants.NGHTTP2_CANCEL);
  await aborted;
});

test.each([
  ['POST', 'application/grpc', true],
  ['POST', 'application/grpc+proto', true],
  ['POST', 'Application/GRPC;charset=x', true],
  ['POST', 'application/grpc-web', false],
  ['POST', 'application/json', false],
  ['GET', 'application/grpc', false],
])('%s of %s: gRPC %s', (method, type, expected) => {
  expect(isGrpc(method, type)).toBe(expected);
});

test('a session through a connector that became doubtful takes no more calls, and those under way go on', async () => {
  const origin = await echoServer(echo('origin'));
  const { rig, client } = await clientOf({ origins: [origin.port] });
  const { offramps } = rig.proxyOptions;
  const { dial } = offramps;
  const sockets: OriginSocket[] = [];
  offramps.dial = (...args) => {
    const socket = dial(...args);
    sockets.push(socket);
    return socket;
  };
  const chat = client.chat();
  chat.write('before');
  expect((await once(chat, 'data'))[0]).toBe('BEFORE');
  sockets[0]!.emit('connectorDoubtful', 'connector 1 (192.0.2.1)');
  expect((await one(client, 'next')).text).toContain('origin next');
  expect(sockets).toHaveLength(2);
  chat.write('after');
  expect((await once(chat, 'data'))[0]).toBe('AFTER');
  chat.end();
  await once(chat.resume(), 'end');
});
