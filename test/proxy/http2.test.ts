import { EventEmitter, once } from 'node:events';
import { expect, test } from 'vitest';
import { httpOrigin, rawOrigin, scriptedOrigin } from './fake-origin.js';
import { answerOf, ask, http2Client, startHttpsRig } from './https-rig.js';
import { HOST } from './rig.js';

test('a request over HTTP/2 reaches the origin over HTTP/1.1 and its response comes back', async () => {
  const origin = await httpOrigin((request, response) => {
    response.setHeader('Set-Cookie', ['a=1', 'b=2']);
    response.setHeader('X-Utf8', Buffer.from('café').toString('latin1'));
    response.end(JSON.stringify({ ...request.headers, url: request.url, method: request.method }));
  });
  const rig = await startHttpsRig({ origins: [origin.port] });
  const session = await http2Client(rig);
  const { status, headers, body } = await ask(session, {
    ':path': '/a?b=c',
    cookie: ['x=1', 'y=2'],
    'x-forwarded-proto': 'http',
    'x-custom': 'v',
  });
  expect(status).toBe(200);
  expect(headers['set-cookie']).toEqual(['a=1', 'b=2']);
  expect(headers['x-utf8']).toBe(Buffer.from('café').toString('latin1'));
  expect(headers).not.toHaveProperty('connection');
  const seen = JSON.parse(body);
  expect(seen).toMatchObject({
    method: 'GET',
    url: '/a?b=c',
    host: HOST,
    cookie: 'x=1; y=2',
    'x-custom': 'v',
    'x-forwarded-proto': 'https',
    'cf-visitor': '{"scheme":"https"}',
    'cf-connecting-ip': '127.0.0.1',
    'cf-ray': headers['cf-ray'],
  });
  expect(seen).not.toHaveProperty('transfer-encoding');
});

test('bodies pass both ways, with a length and without', async () => {
  const origin = await httpOrigin((request, response) => {
    response.setHeader(
      'X-Length',
      request.headers['content-length'] ?? request.headers['transfer-encoding']!,
    );
    if (request.url === '/length') response.setHeader('Content-Length', request.headers['content-length']!);
    request.pipe(response);
  });
  const rig = await startHttpsRig({ origins: [origin.port] });
  const session = await http2Client(rig);
  const body = Buffer.alloc(3_000_000, 'abc');
  const chunked = await ask(session, { ':method': 'POST' }, body);
  expect([chunked.headers['x-length'], chunked.body.length]).toEqual(['chunked', body.length]);
  expect(chunked.body === body.toString()).toBe(true);
  const length = await ask(
    session,
    { ':method': 'POST', ':path': '/length', 'content-length': body.length },
    body,
  );
  expect([length.headers['content-length'], length.body.length]).toEqual([String(body.length), body.length]);
  const empty = await ask(session, { ':method': 'POST', ':path': '/length' });
  expect([empty.headers['x-length'], empty.status]).toEqual(['0', 200]);
});

test('HEAD, 204, 205 and 304 have no body', async () => {
  const statuses: Record<string, number> = { '/204': 204, '/304': 304, '/head': 200 };
  const origin = await httpOrigin((request, response) => {
    response.writeHead(statuses[request.url!]!, request.url === '/204' ? {} : { 'Content-Length': 5 });
    response.end(request.url === '/head' ? 'hello' : undefined);
  });
  const rig = await startHttpsRig({ origins: [origin.port] });
  const session = await http2Client(rig);
  expect(await ask(session, { ':path': '/204' })).toMatchObject({ status: 204, body: '' });
  expect(await ask(session, { ':path': '/304' })).toMatchObject({ status: 304, body: '' });
  const head = await ask(session, { ':method': 'HEAD', ':path': '/head' });
  expect([head.status, head.headers['content-length'], head.body]).toEqual([200, '5', '']);
  const reset = await scriptedOrigin(() => 'HTTP/1.1 205 Reset Content\r\nContent-Length: 2\r\n\r\nno');
  const other = await startHttpsRig({ origins: [reset.port] });
  expect(await ask(await http2Client(other))).toMatchObject({ status: 205, body: '' });
});

test('an error of ours has its page, its code and its ray', async () => {
  const rig = await startHttpsRig({ origins: [1] });
  const session = await http2Client(rig);
  const { status, headers, body } = await ask(session);
  expect(status).toBe(521);
  expect(body).toContain('error code: 521');
  expect(body).toContain(headers['cf-ray']);
  expect(headers['content-length']).toBe(String(body.length));
  expect(await ask(session, { ':method': 'HEAD' })).toMatchObject({ status: 521, body: '' });
  expect(await ask(session, { ':method': 'POST' }, Buffer.alloc(100_000))).toMatchObject({ status: 521 });
  expect((await ask(session, { ':authority': 'unknown.example.com' })).body).toContain('error code: 1001');
});

test('requests of one session run beside each other', async () => {
  const waiting: (() => void)[] = [];
  const origin = await httpOrigin((request, response) => {
    waiting.push(() => response.end(request.url));
    if (waiting.length === 20) for (const answer of waiting.reverse()) answer();
  });
  const rig = await startHttpsRig({ origins: [origin.port] });
  const session = await http2Client(rig);
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => ask(session, { ':path': `/${i}` })));
  expect(answers.map(({ body }) => body)).toEqual(Array.from({ length: 20 }, (_, i) => `/${i}`));
});

test('an origin that wants the body first is answered through 100 Continue', async () => {
  const origin = await httpOrigin((request, response) => request.pipe(response));
  const rig = await startHttpsRig({ origins: [origin.port] });
  const session = await http2Client(rig);
  const stream = session.request({ ':authority': HOST, ':method': 'POST', expect: '100-continue' });
  await once(stream, 'continue');
  stream.end('hello');
  expect(await answerOf(stream)).toMatchObject({ status: 200, body: 'hello' });
});

test('an origin that breaks off in the middle breaks the stream, and the session goes on', async () => {
  const origin = await scriptedOrigin((request, socket) => {
    if (request.startsWith('GET /ok')) return 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
    return null;
  });
  const rig = await startHttpsRig({ origins: [origin.port] });
  const session = await http2Client(rig);
  await expect(ask(session)).rejects.toThrow();
  expect(await ask(session, { ':path': '/ok' })).toMatchObject({ body: 'ok' });
});

test('a client that resets its stream gives up its request at the origin', async () => {
  const events = new EventEmitter();
  const [here, gone] = [once(events, 'here'), once(events, 'gone')];
  const origin = await rawOrigin((socket) => {
    socket.once('data', () => events.emit('here'));
    socket.once('close', () => events.emit('gone'));
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
  });
  const rig = await startHttpsRig({ origins: [origin.port] });
  const session = await http2Client(rig);
  const stream = session.request({ ':authority': HOST });
  stream.on('error', () => {});
  await here;
  stream.close(8);
  await gone;
});

test('a proxy that drains lets requests end, and the session after them', async () => {
  const events = new EventEmitter();
  const here = once(events, 'here');
  const origin = await httpOrigin((_request, response) => {
    events.once('answer', () => response.end('late'));
    events.emit('here');
  });
  const rig = await startHttpsRig({ origins: [origin.port] });
  const session = await http2Client(rig);
  const idle = await http2Client(rig);
  const answered = ask(session);
  await here;
  const drained = rig.proxy.drain(10_000);
  await once(idle, 'close');
  events.emit('answer');
  expect(await answered).toMatchObject({ status: 200, body: 'late' });
  await Promise.all([drained, once(session, 'close')]);
});

test('a client is not read faster than the origin reads, and others of its session go on', async () => {
  const origin = await rawOrigin((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      if (chunk.toString('latin1').startsWith('POST')) socket.pause();
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
  });
  const rig = await startHttpsRig({ origins: [origin.port] });
  const session = await http2Client(rig);
  const stream = session.request({ ':authority': HOST, ':method': 'POST' });
  stream.on('error', () => {});
  const total = 64 * 1024 * 1024;
  const chunk = Buffer.alloc(64 * 1024);
  let taken = 0;
  let moved = true;
  const write = () =>
    stream.write(chunk, (error) => {
      if (error) return;
      taken += chunk.length;
      moved = true;
      if (taken < total) write();
    });
  write();
  // Stuck is what has not moved while another stream went back and forth often.
  while (moved && taken < total) {
    moved = false;
    for (let i = 0; i < 30; i++) expect((await ask(session)).body).toBe('ok');
  }
  expect(taken).toBeLessThan(32 * 1024 * 1024);
});
