import { afterEach, describe, expect, test } from 'vitest';
import { CODE, FLAG, FRAME, MAX_WINDOW, settingsFrame } from '../../src/tunnel/h2/frames.js';
import {
  cleanUp,
  ending,
  failure,
  frame,
  GET,
  head,
  OK,
  ourClient,
  ourServer,
  ours,
  readAll,
  socketPair,
  u32,
  until,
} from './rig.js';

afterEach(cleanUp);

const ping = (flags = 0) => frame(FRAME.PING, flags, 0, Buffer.alloc(8));

/** Each of them ends the session, with this code. */
const sessionErrors: Record<string, [Buffer, number]> = {
  'DATA on stream 0': [frame(FRAME.DATA, 0, 0, [1]), CODE.PROTOCOL_ERROR],
  'DATA on a stream that was never opened': [frame(FRAME.DATA, 0, 99, [1]), CODE.PROTOCOL_ERROR],
  'DATA with more padding than bytes': [frame(FRAME.DATA, FLAG.PADDED, 1, [5, 0, 0]), CODE.PROTOCOL_ERROR],
  'padded DATA without a length': [frame(FRAME.DATA, FLAG.PADDED, 1), CODE.FRAME_SIZE_ERROR],
  'HEADERS on stream 0': [frame(FRAME.HEADERS, 4, 0, [0x88]), CODE.PROTOCOL_ERROR],
  'HEADERS on an even stream': [frame(FRAME.HEADERS, 4, 2, [0x88]), CODE.PROTOCOL_ERROR],
  'HEADERS with a wrong index': [frame(FRAME.HEADERS, 4, 1, [0xff, 0x7f]), CODE.COMPRESSION_ERROR],
  'HEADERS that end within a field': [frame(FRAME.HEADERS, 4, 1, [0x40]), CODE.COMPRESSION_ERROR],
  'HEADERS with more padding than bytes': [
    frame(FRAME.HEADERS, 4 | FLAG.PADDED, 1, [9, 0x88]),
    CODE.PROTOCOL_ERROR,
  ],
  'HEADERS without the priority they announce': [
    frame(FRAME.HEADERS, 4 | FLAG.PRIORITY, 1, [0, 0]),
    CODE.FRAME_SIZE_ERROR,
  ],
  'CONTINUATION without HEADERS': [frame(FRAME.CONTINUATION, 4, 1, [0x88]), CODE.PROTOCOL_ERROR],
  'CONTINUATION of another stream': [
    Buffer.concat([frame(FRAME.HEADERS, 0, 1, [0x88]), frame(FRAME.CONTINUATION, 4, 3)]),
    CODE.PROTOCOL_ERROR,
  ],
  'PING within a header block': [
    Buffer.concat([frame(FRAME.HEADERS, 0, 1, [0x88]), ping()]),
    CODE.PROTOCOL_ERROR,
  ],
  'DATA within a header block': [
    Buffer.concat([frame(FRAME.HEADERS, 0, 1, [0x88]), frame(FRAME.DATA, 0, 1, [1])]),
    CODE.PROTOCOL_ERROR,
  ],
  'RST_STREAM of 3 bytes': [frame(FRAME.RST_STREAM, 0, 1, [0, 0, 0]), CODE.FRAME_SIZE_ERROR],
  'RST_STREAM of stream 0': [frame(FRAME.RST_STREAM, 0, 0, u32(0)), CODE.PROTOCOL_ERROR],
  'RST_STREAM of a stream that was never opened': [
    frame(FRAME.RST_STREAM, 0, 99, u32(0)),
    CODE.PROTOCOL_ERROR,
  ],
  'SETTINGS of 5 bytes': [frame(FRAME.SETTINGS, 0, 0, [0, 0, 0, 0, 0]), CODE.FRAME_SIZE_ERROR],
  'SETTINGS on a stream': [frame(FRAME.SETTINGS, 0, 1), CODE.PROTOCOL_ERROR],
  'an acknowledgement with settings': [frame(FRAME.SETTINGS, FLAG.ACK, 0, [0]), CODE.FRAME_SIZE_ERROR],
  'ENABLE_PUSH 2': [settingsFrame([[2, 2]]), CODE.PROTOCOL_ERROR],
  'INITIAL_WINDOW_SIZE 2^31': [settingsFrame([[4, 2 ** 31]]), CODE.FLOW_CONTROL_ERROR],
  'MAX_FRAME_SIZE 16,383': [settingsFrame([[5, 16_383]]), CODE.PROTOCOL_ERROR],
  'MAX_FRAME_SIZE 2^24': [settingsFrame([[5, 2 ** 24]]), CODE.PROTOCOL_ERROR],
  PUSH_PROMISE: [frame(FRAME.PUSH_PROMISE, 4, 1, [0, 0, 0, 2, 0x82]), CODE.PROTOCOL_ERROR],
  'PING of 7 bytes': [frame(FRAME.PING, 0, 0, Buffer.alloc(7)), CODE.FRAME_SIZE_ERROR],
  'PING on a stream': [frame(FRAME.PING, 0, 1, Buffer.alloc(8)), CODE.PROTOCOL_ERROR],
  'GOAWAY of 7 bytes': [frame(FRAME.GOAWAY, 0, 0, Buffer.alloc(7)), CODE.FRAME_SIZE_ERROR],
  'GOAWAY on a stream': [frame(FRAME.GOAWAY, 0, 1, Buffer.alloc(8)), CODE.PROTOCOL_ERROR],
  'WINDOW_UPDATE of 3 bytes': [frame(FRAME.WINDOW_UPDATE, 0, 0, [0, 0, 0]), CODE.FRAME_SIZE_ERROR],
  'WINDOW_UPDATE of the session by 0': [frame(FRAME.WINDOW_UPDATE, 0, 0, u32(0)), CODE.PROTOCOL_ERROR],
  'WINDOW_UPDATE of a stream that was never opened': [
    frame(FRAME.WINDOW_UPDATE, 0, 99, u32(1)),
    CODE.PROTOCOL_ERROR,
  ],
  'a window of the session above 2^31-1': [
    frame(FRAME.WINDOW_UPDATE, 0, 0, u32(MAX_WINDOW)),
    CODE.FLOW_CONTROL_ERROR,
  ],
  'PRIORITY on stream 0': [frame(FRAME.PRIORITY, 0, 0, Buffer.alloc(5)), CODE.PROTOCOL_ERROR],
  'PRIORITY of 4 bytes': [frame(FRAME.PRIORITY, 0, 1, Buffer.alloc(4)), CODE.FRAME_SIZE_ERROR],
  'a frame of more than 64 KiB': [frame(FRAME.DATA, 0, 1, Buffer.alloc(65_537)), CODE.FRAME_SIZE_ERROR],
};

test.each(Object.entries(sessionErrors))('%s ends the session', async (_name, [bytes, code]) => {
  const { client, peer } = await ourClient();
  const stream = client.request({ ':authority': 'test' });
  const lost = failure(stream);
  const end = ending(client);
  await peer.heard(FRAME.HEADERS);
  peer.write(bytes);
  expect(await end).toMatchObject({ code });
  await lost;
  const { payload } = await peer.heard(FRAME.GOAWAY);
  expect(payload.readUInt32BE(4)).toBe(code);
});

/** Each of them ends its stream, and no other. */
const streamErrors: Record<string, [(id: number) => Buffer, number]> = {
  'DATA before the response': [(id) => frame(FRAME.DATA, 0, id, [1]), CODE.PROTOCOL_ERROR],
  'a response without a status': [(id) => head(id, ['a', 'b']), CODE.PROTOCOL_ERROR],
  'a status that is none': [(id) => head(id, [':status', '20']), CODE.PROTOCOL_ERROR],
  'the status 101': [(id) => head(id, [':status', '101']), CODE.PROTOCOL_ERROR],
  'two statuses': [(id) => head(id, [...OK, ...OK]), CODE.PROTOCOL_ERROR],
  'a pseudo-header of requests': [(id) => head(id, [...OK, ':path', '/']), CODE.PROTOCOL_ERROR],
  'an unknown pseudo-header': [(id) => head(id, [...OK, ':other', '/']), CODE.PROTOCOL_ERROR],
  'a pseudo-header behind other fields': [(id) => head(id, ['a', 'b', ...OK]), CODE.PROTOCOL_ERROR],
  'a name in upper case': [(id) => head(id, [...OK, 'Name', 'x']), CODE.PROTOCOL_ERROR],
  'an empty name': [(id) => head(id, [...OK, '', 'x']), CODE.PROTOCOL_ERROR],
  'a name with a blank': [(id) => head(id, [...OK, 'a b', 'x']), CODE.PROTOCOL_ERROR],
  'a value with a line feed': [(id) => head(id, [...OK, 'a', 'x\ny: z']), CODE.PROTOCOL_ERROR],
  'a value with a NUL': [(id) => head(id, [...OK, 'a', 'x\0']), CODE.PROTOCOL_ERROR],
  'a value with a blank before it': [(id) => head(id, [...OK, 'a', ' x']), CODE.PROTOCOL_ERROR],
  'a field of one connection': [(id) => head(id, [...OK, 'connection', 'close']), CODE.PROTOCOL_ERROR],
  'transfer-encoding': [(id) => head(id, [...OK, 'transfer-encoding', 'chunked']), CODE.PROTOCOL_ERROR],
  'an interim response that is the end': [(id) => head(id, [':status', '103'], true), CODE.PROTOCOL_ERROR],
  'a second head': [(id) => Buffer.concat([head(id, OK), head(id, OK, true)]), CODE.PROTOCOL_ERROR],
  'trailers without END_STREAM': [
    (id) => Buffer.concat([head(id, OK), head(id, ['a', 'b'])]),
    CODE.PROTOCOL_ERROR,
  ],
  'DATA behind END_STREAM': [
    (id) => Buffer.concat([head(id, OK, true), frame(FRAME.DATA, 0, id, [1])]),
    CODE.STREAM_CLOSED,
  ],
  'HEADERS behind END_STREAM': [
    (id) => Buffer.concat([head(id, OK, true), head(id, OK, true)]),
    CODE.STREAM_CLOSED,
  ],
  'more bytes than content-length says': [
    (id) => Buffer.concat([head(id, [...OK, 'content-length', '1']), frame(FRAME.DATA, 0, id, [1, 2])]),
    CODE.PROTOCOL_ERROR,
  ],
  'less bytes than content-length says': [
    (id) => Buffer.concat([head(id, [...OK, 'content-length', '3']), frame(FRAME.DATA, 1, id, [1, 2])]),
    CODE.PROTOCOL_ERROR,
  ],
  'two lengths': [
    (id) => head(id, [...OK, 'content-length', '3', 'content-length', '4']),
    CODE.PROTOCOL_ERROR,
  ],
  'a length that is none': [(id) => head(id, [...OK, 'content-length', '-1']), CODE.PROTOCOL_ERROR],
  'WINDOW_UPDATE by 0': [(id) => frame(FRAME.WINDOW_UPDATE, 0, id, u32(0)), CODE.PROTOCOL_ERROR],
  'a window above 2^31-1': [
    (id) => frame(FRAME.WINDOW_UPDATE, 0, id, u32(MAX_WINDOW)),
    CODE.FLOW_CONTROL_ERROR,
  ],
  'DATA beyond the window': [
    (id) =>
      Buffer.concat([
        head(id, OK),
        ...Array.from({ length: 17 }, () => frame(FRAME.DATA, 0, id, Buffer.alloc(16_384))),
      ]),
    CODE.FLOW_CONTROL_ERROR,
  ],
  'a header list above 512 KiB': [(id) => head(id, [...OK, 'x', 'y'.repeat(600 * 1024)]), CODE.CANCEL],
};

test.each(Object.entries(streamErrors))('%s resets the stream alone', async (name, [bytes, code]) => {
  const { client, peer } = await ourClient();
  const stream = client.request({ ':authority': 'test' });
  const other = client.request({ ':authority': 'test' });
  if (name !== 'DATA beyond the window') stream.resume();
  const failed = failure(stream);
  await peer.heard(FRAME.HEADERS, ({ streamId }) => streamId === other.id);
  peer.write(bytes(stream.id));
  expect(await failed).toMatchObject({ code });
  const { payload } = await peer.heard(FRAME.RST_STREAM);
  expect(payload.readUInt32BE(0)).toBe(code);
  peer.write(head(other.id, OK), frame(FRAME.DATA, FLAG.END_STREAM, other.id, Buffer.from('fine')));
  expect((await readAll(other)).toString()).toBe('fine');
  expect(client.destroyed).toBe(false);
});

/** Each of them is reset, and no program hears of it. */
const wrongRequests: Record<string, string[]> = {
  'no method': GET.slice(2),
  'no scheme': [':method', 'GET', ':path', '/'],
  'no path': [':method', 'GET', ':scheme', 'https'],
  'an empty path': [':method', 'GET', ':scheme', 'https', ':path', ''],
  'a status': [...GET, ':status', '200'],
  'two paths': [...GET, ':path', '/'],
  'CONNECT with a path': [':method', 'CONNECT', ':authority', 'a:1', ':path', '/'],
  'te that is not trailers': [...GET, 'te', 'gzip'],
  upgrade: [...GET, 'upgrade', 'websocket'],
};

describe('a server', () => {
  test('resets malformed requests, and serves the next one', async () => {
    const { server, peer } = await ourServer();
    const paths: unknown[] = [];
    server.on('stream', (stream, headers) => {
      paths.push(headers[':path']);
      stream.respond({ ':status': 204 }, { endStream: true });
    });
    let id = 1;
    for (const [name, fields] of Object.entries(wrongRequests)) {
      peer.write(head(id, fields));
      const reset = await peer.heard(FRAME.RST_STREAM, ({ streamId }) => streamId === id);
      expect(reset.payload.readUInt32BE(0), name).toBe(CODE.PROTOCOL_ERROR);
      id += 2;
    }
    peer.write(head(id, GET, true));
    await peer.heard(FRAME.HEADERS, ({ streamId }) => streamId === id);
    expect(paths).toEqual(['/']);
  });

  test('answers 431 to a request with too many headers', async () => {
    const { server, peer } = await ourServer();
    server.on('stream', () => expect.fail('it was served'));
    peer.write(head(1, [...GET, 'x', 'y'.repeat(600 * 1024)]));
    const { payload, flags } = await peer.heard(FRAME.HEADERS);
    expect(payload.toString('latin1')).toContain('431');
    expect(flags & FLAG.END_STREAM).toBe(1);
  });

  test('ends a peer that does not begin with the preface', async () => {
    const [near, far] = await socketPair();
    const end = ending(ours(near, 'server'));
    far.write('PRI * HTTP/1.1\r\n\r\n');
    expect(await end).toMatchObject({ code: CODE.PROTOCOL_ERROR });
  });

  test('takes no streams that go backwards', async () => {
    const { server, peer } = await ourServer();
    const served: number[] = [];
    server.on('stream', (stream) => {
      served.push(stream.id);
      stream.respond({ ':status': 204 }, { endStream: true });
    });
    peer.write(head(5, GET, true), head(3, GET, true), head(7, GET, true));
    await until(() => served.length === 2);
    expect(served).toEqual([5, 7]);
  });

  test('resets a request that nobody serves', async () => {
    const { peer } = await ourServer();
    peer.write(head(1, GET, true));
    expect((await peer.heard(FRAME.RST_STREAM)).payload.readUInt32BE(0)).toBe(CODE.REFUSED_STREAM);
  });
});

test('a peer whose first frame is no SETTINGS is ended', async () => {
  for (const first of [ping(), frame(FRAME.DATA, 0, 1, [1]), frame(FRAME.SETTINGS, FLAG.ACK, 0)]) {
    const [near, far] = await socketPair();
    const end = ending(ours(near, 'client'));
    far.write(first);
    expect(await end).toMatchObject({ code: CODE.PROTOCOL_ERROR });
  }
});

test('an answer and DATA for a stream that is over are passed over, and their bytes given back', async () => {
  const { client, peer } = await ourClient();
  const stream = client.request({ ':authority': 'test' });
  stream.close(CODE.CANCEL);
  await peer.heard(FRAME.RST_STREAM);
  peer.write(head(1, [...OK, 'x', 'y']));
  for (let i = 0; i < 300; i += 1) peer.write(frame(FRAME.DATA, 0, 1, Buffer.alloc(16_384)));
  await peer.heard(
    FRAME.WINDOW_UPDATE,
    ({ streamId, payload }) => streamId === 0 && payload.readUInt32BE(0) < 5e6,
  );
  expect(client.destroyed).toBe(false);
});

test('a header that no HTTP/2 message may have is refused when it is written', async () => {
  const { client } = await ourClient();
  for (const headers of [{ connection: 'close' }, { 'a b': 'x' }, { a: 'x\ny' }, { a: '\u20ac' }]) {
    expect(() => client.request(headers), JSON.stringify(headers)).toThrow(TypeError);
    const inTurn = [':method', 'GET', ':path', '/', ...Object.entries(headers).flat()];
    expect(() => client.request(inTurn), inTurn.join(' ')).toThrow(TypeError);
  }
});
