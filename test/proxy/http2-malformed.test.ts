import { beforeEach, expect, test } from 'vitest';
import { readHttp2Request } from '../../src/proxy/downstream/http2-session.js';
import { Malformed } from '../../src/proxy/http/syntax.js';
import { DEFAULT_LIMITS } from '../../src/proxy/limits.js';
import { httpOrigin, rawOrigin } from './fake-origin.js';
import { END_HEADERS, END_STREAM, FRAME, frame, frameClient, hpack } from './http2-frames.js';
import { ask, http2Client, startHttpsRig } from './https-rig.js';
import { HOST, type Rig } from './rig.js';

type Field = readonly [name: string, value: string];

const GET: readonly Field[] = [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':authority', HOST],
  [':path', '/'],
];
const POST = replaced([':method', 'POST']);

function replaced(...fields: readonly Field[]): Field[] {
  return GET.map(([name, value]) => fields.find(([other]) => other === name) ?? [name, value]);
}

/** Everything that the origin got, on all connections. */
let atOrigin = '';
let rig: Rig;

beforeEach(async () => {
  atOrigin = '';
  const origin = await rawOrigin((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      atOrigin += chunk.toString('latin1');
      if (atOrigin.endsWith('\r\n\r\n')) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
    });
    socket.on('end', () => socket.end());
  });
  rig = await startHttpsRig({ origins: [origin.port] });
});

/** Sends a request without body on the wire; answers the status, or `reset` when the stream or the session was ended. */
async function statusOf(fields: readonly Field[], ...more: readonly Buffer[]): Promise<string> {
  const client = await frameClient(rig);
  const flags = END_HEADERS | (more.length === 0 ? END_STREAM : 0);
  client.send(frame(FRAME.headers, flags, 1, hpack(fields)), ...more);
  const end = await client
    .receive(
      ({ type, stream }) =>
        (type === FRAME.headers && stream === 1) || type === FRAME.reset || type === FRAME.goaway,
    )
    .catch(() => null);
  if (end?.type !== FRAME.headers) return 'reset';
  // Indexed statuses of the static table (RFC 7541 appendix A), or a literal behind the name.
  const indexed: Record<number, string> = { 136: '200', 140: '400', 141: '404' };
  return indexed[end.payload[0]!] ?? /\d{3}/.exec(end.payload.toString('latin1'))?.[0] ?? 'unknown';
}

test('what the other tests vary is answered', async () => {
  expect(await statusOf(GET)).toBe('200');
  expect(atOrigin).toMatch(/^GET \/ HTTP\/1\.1\r\nHost: app\.example\.com\r\n/);
});

const SMUGGLED = 'x\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';

test.each<[string, readonly Field[]]>([
  ['a name in upper case', [...GET, ['X-A', 'b']]],
  ['CR and LF in the path', replaced([':path', `/ HTTP/1.1\r\nX: ${SMUGGLED}`])],
  ['a space in the path', replaced([':path', '/ HTTP/1.1'])],
  ['a path that is a fragment', replaced([':path', '#x'])],
  ['a path that is none', replaced([':path', 'http://other.example.com/'])],
  ['an empty path', replaced([':path', ''])],
  ['CR and LF in the method', replaced([':method', 'GET / HTTP/1.1\r\nX: y\r\n\r\nGET'])],
  ['a space in the method', replaced([':method', 'GET /x HTTP/1.1'])],
  [
    'CONNECT',
    [
      [':method', 'CONNECT'],
      [':authority', 'x:443'],
    ],
  ],
  ['CONNECT with a path', replaced([':method', 'CONNECT'])],
  ['CR and LF in the authority', replaced([':authority', `x\r\n${SMUGGLED}`])],
  ['user information in the authority', replaced([':authority', `user@${HOST}`])],
  ['an authority and another host', [...GET, ['host', 'other.example.com']]],
  ['two hosts', [...GET, ['host', HOST], ['host', HOST]]],
  ['no authority and no host', GET.filter(([name]) => name !== ':authority')],
  ['no method', GET.slice(1)],
  ['no path', GET.slice(0, 3)],
  ['no scheme', GET.filter(([name]) => name !== ':scheme')],
  ['another scheme', replaced([':scheme', 'ftp'])],
  ['two methods', [...GET, [':method', 'GET']]],
  ['an unknown pseudo-header', [...GET, [':protocol', 'websocket']]],
  ['a pseudo-header of responses', [...GET, [':status', '200']]],
  ['a pseudo-header behind a field', [['x-a', 'b'], ...GET]],
  ['connection', [...GET, ['connection', 'keep-alive']]],
  ['keep-alive', [...GET, ['keep-alive', 'timeout=5']]],
  ['proxy-connection', [...GET, ['proxy-connection', 'keep-alive']]],
  ['transfer-encoding', [...GET, ['transfer-encoding', 'chunked']]],
  ['upgrade', [...GET, ['upgrade', 'websocket']]],
  ['another TE than trailers', [...GET, ['te', 'gzip']]],
  ['a length without a body', [...GET, ['content-length', '5']]],
  ['two lengths', [...GET, ['content-length', '0'], ['content-length', '5']]],
  ['a length that is none', [...GET, ['content-length', '+0']]],
  ['another expectation', [...GET, ['expect', 'the worst']]],
])('%s is refused, and nothing of it reaches the origin', async (_what, fields) => {
  expect(await statusOf(fields)).toMatch(/^(400|417|reset)$/);
  expect(atOrigin).toBe('');
});

test.each<[string, readonly Field[]]>([
  ['CR and LF in a value', [...GET, ['x-a', SMUGGLED]]],
  ['LF in a value', [...GET, ['x-a', 'b\nTransfer-Encoding: chunked']]],
  ['NUL in a value', [...GET, ['x-a', 'b\0c']]],
  ['CR and LF in a name', [...GET, ['x-a\r\ntransfer-encoding: chunked\r\nx', 'b']]],
  ['a colon in a name', [...GET, ['x:transfer-encoding', 'chunked']]],
  ['a space in a name', [...GET, ['transfer-encoding ', 'chunked']]],
  ['an empty name', [...GET, ['', 'x']]],
])('%s never reaches the origin', async (_what, fields) => {
  expect(await statusOf([...fields, ['x-last', 'here']])).toMatch(/^(200|400|reset)$/);
  expect(atOrigin).not.toMatch(/smuggled|x-a|chunked|x:/i);
  // What was left out takes nothing else with it.
  if (atOrigin !== '') expect(atOrigin).toContain('\r\nx-last: here\r\n');
});

/** The same by the reader alone, so that its rules stand without those of the library below it. */
test.each<[string, readonly Field[]]>([
  ['CR and LF in a value', [...GET, ['x-a', SMUGGLED]]],
  ['CR and LF in a name', [...GET, ['x-a\r\nb', 'c']]],
  ['CR and LF in a cookie', [...GET, ['cookie', 'a\r\nb: c']]],
  ['CR and LF in the host', [...GET.filter(([name]) => name !== ':authority'), ['host', 'a\r\nb: c']]],
  ['CR and LF in the path', replaced([':path', '/\r\nb: c'])],
  ['CR and LF in the method', replaced([':method', 'GET\r\n'])],
  ['CR and LF in the authority', replaced([':authority', 'a\r\nb: c'])],
  ['a character above 255', [...GET, ['x-a', '\u010a']]],
  ['a name in upper case', [...GET, ['X-A', 'b']]],
  ['connection', [...GET, ['connection', 'close']]],
  ['transfer-encoding', [...GET, ['transfer-encoding', 'chunked']]],
  ['two paths', [...GET, [':path', '/']]],
  ['a pseudo-header behind a field', [['x-a', 'b'], ...GET]],
  ['an empty authority and no host', replaced([':authority', ''])],
])('the reader refuses %s', (_what, fields) => {
  expect(() => readHttp2Request(fields.flat(), true, DEFAULT_LIMITS)).toThrow(Malformed);
});

test('a body shorter or longer than its length is refused, and never looks complete to the origin', async () => {
  const fields: readonly Field[] = [...POST, ['content-length', '10']];
  const short = frame(FRAME.data, END_STREAM, 1, Buffer.from('short'));
  expect(await statusOf(fields, short)).toMatch(/^(400|reset)$/);
  const long = frame(FRAME.data, END_STREAM, 1, Buffer.from('longer than ten'));
  expect(await statusOf(fields, long)).toMatch(/^(400|reset)$/);
  expect(atOrigin).not.toContain('longer than ten');
});

test('chunks inside of a body are a body, not chunks', async () => {
  const session = await http2Client(rig);
  const body = '0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';
  expect((await ask(session, { ':method': 'POST' }, body)).status).toBe(200);
  const [, sent = ''] = atOrigin.split(`\r\n\r\n${body.length.toString(16)}\r\n`);
  expect(atOrigin).toContain('\r\nTransfer-Encoding: chunked\r\n');
  expect(sent).toBe(`${body}\r\n0\r\n\r\n`);
});

test('trailers of a request are left out', async () => {
  const trailers = frame(FRAME.headers, END_STREAM | END_HEADERS, 1, hpack([['x-trailer', 'b']]));
  expect(await statusOf(POST, frame(FRAME.data, 0, 1, Buffer.from('hello')), trailers)).toBe('200');
  expect(atOrigin).toMatch(/\r\n\r\n5\r\nhello\r\n0\r\n\r\n$/);
});

test.each<[string, Buffer]>([
  ['data of a stream that is not there', frame(FRAME.data, 0, 7, Buffer.from('x'))],
  ['a stream with an even number', frame(FRAME.headers, END_HEADERS, 2, hpack(GET))],
  [
    'fields that are not compressed as they should be',
    frame(FRAME.headers, END_HEADERS, 7, Buffer.alloc(5, 0xff)),
  ],
  ['a window of nothing', frame(FRAME.window, 0, 0, Buffer.alloc(4))],
  ['half a setting', frame(FRAME.settings, 0, 0, Buffer.alloc(5))],
  ['noise', Buffer.alloc(100, 0xff)],
])('%s ends the session, also when a request is under way, and others go on', async (_what, bytes) => {
  const origin = await httpOrigin((request, response) => {
    if (request.url !== '/waits') response.end('ok');
  });
  const timeouts = { clientHead: 200, clientIdle: 200, bodyIdle: 200, originHead: 200, linger: 50 };
  const strict = await startHttpsRig({ origins: [origin.port], timeouts });
  const alone = await frameClient(strict);
  alone.send(bytes);
  await alone.closed();
  const busy = await frameClient(strict);
  busy.send(frame(FRAME.headers, END_HEADERS | END_STREAM, 1, hpack(replaced([':path', '/waits']))), bytes);
  await busy.closed();
  expect(await ask(await http2Client(strict))).toMatchObject({ status: 200, body: 'ok' });
});

test('host takes the place of :authority', async () => {
  const fields: readonly Field[] = [...GET.filter(([name]) => name !== ':authority'), ['host', HOST]];
  expect(await statusOf(fields)).toBe('200');
});

test('more fields, or a longer head, than may be are refused', async () => {
  const session = await http2Client(rig, { maxSendHeaderBlockLength: 1_000_000 });
  const fields = (count: number, bytes: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, 'a'.repeat(bytes)]));
  expect((await ask(session, fields(4_097, 1))).status).toBe(431);
  expect((await ask(session, fields(20, 500))).status).toBe(200);
  const headers = fields(60, 2_300);
  expect((await ask(session, headers)).status).toBe(431);
});
