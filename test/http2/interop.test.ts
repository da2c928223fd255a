import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { constants, type ServerHttp2Stream } from 'node:http2';
import { type Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterEach, expect, test } from 'vitest';
import type { Http2Stream } from '../../src/tunnel/h2/stream.js';
import {
  bothOurs,
  cleanUp,
  failure,
  nodeClientAndOurServer,
  ourClientAndNodeServer,
  readAll,
  until,
} from './rig.js';

afterEach(cleanUp);

/** What both implementations of a stream have in common for a server of tests. */
type Serving = ServerHttp2Stream & Http2Stream;
interface Pair {
  readonly client: Awaited<ReturnType<typeof bothOurs>>['client'];
  readonly server: {
    on(event: 'stream', serve: (stream: Serving, ...rest: never[]) => void): unknown;
  };
}

const pairs: [string, () => Promise<Pair>][] = [
  ["our client and Node's server", ourClientAndNodeServer as unknown as () => Promise<Pair>],
  ["Node's client and our server", nodeClientAndOurServer as unknown as () => Promise<Pair>],
  ['our client and our server', bothOurs as unknown as () => Promise<Pair>],
];

/** Those that a field value may have; Node says them in Huffman code. */
const EVERY_CHARACTER = Buffer.from(Array.from({ length: 0xff - 0x21 }, (_, i) => 0x21 + i))
  .toString('latin1')
  .replace('\u007f', '\t');

const MIB = 1024 * 1024;

async function* noise(bytes: number, hash: ReturnType<typeof createHash>): AsyncGenerator<Buffer> {
  const block = randomBytes(MIB);
  for (let left = bytes; left > 0; left -= block.length) {
    // Chunks of all sizes.
    const chunk = block.subarray(0, Math.min(left, MIB - (left % 70_001)));
    hash.update(chunk);
    yield chunk;
    left += block.length - chunk.length;
  }
}

/** Unlike an iterator it leaves the writing side alone. */
async function digestOf(stream: Duplex): Promise<string> {
  const hash = createHash('sha256');
  stream.on('data', (chunk) => hash.update(chunk));
  await once(stream, 'end');
  return hash.digest('hex');
}

test.each(pairs)('64 MiB go both ways at once: %s', async (_name, start) => {
  const { client, server } = await start();
  const echoed = createHash('sha256');
  let received = '';
  server.on('stream', async (stream) => {
    stream.respond({ ':status': 200 });
    const [digest] = await Promise.all([
      digestOf(stream),
      pipeline(Readable.from(noise(64 * MIB, echoed)), stream, { end: true }),
    ]);
    received = digest;
  });
  const sent = createHash('sha256');
  const stream = client.request(
    { ':authority': 'test', ':method': 'POST', ':path': '/' },
    { endStream: false },
  );
  const [digest] = await Promise.all([
    digestOf(stream),
    pipeline(Readable.from(noise(64 * MIB, sent)), stream, { end: true }),
  ]);
  expect(digest).toBe(echoed.digest('hex'));
  await until(() => received !== '');
  expect(received).toBe(sent.digest('hex'));
});

test.each(pairs)('a thousand streams are served at the same time: %s', async (_name, start) => {
  const { client, server } = await start();
  const open: Serving[] = [];
  server.on('stream', (stream) => {
    open.push(stream);
    stream.respond({ ':status': 200 });
    stream.pipe(stream);
    if (open.length === 1_000) for (const one of open) one.write('all here;');
  });
  const answers = await Promise.all(
    Array.from({ length: 1_000 }, async (_, index) => {
      const stream = client.request({ ':authority': 'test', ':method': 'POST' }, { endStream: false });
      await once(stream, 'data').then(([greeting]) => expect(String(greeting)).toBe('all here;'));
      stream.end(`number ${index}`);
      return (await readAll(stream)).toString();
    }),
  );
  expect(answers).toEqual(Array.from({ length: 1_000 }, (_, index) => `number ${index}`));
});

test.each(pairs)('heads, repeated fields and trailers arrive as they were sent: %s', async (_name, start) => {
  const { client, server } = await start();
  const requests: Record<string, unknown>[] = [];
  server.on('stream', (stream, headers) => {
    requests.push(headers);
    stream.respond(
      {
        ':status': 201,
        'set-cookie': ['a=1', 'b=2'],
        'x-list': ['one', 'two'],
        'content-type': 'text/plain',
      },
      { waitForTrailers: true },
    );
    stream.once('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end('body');
  });
  const stream = client.request(
    {
      ':method': 'PUT',
      ':path': '/a?b',
      ':authority': 'x.test',
      cookie: 'c=1',
      'X-Upper': 'yes',
      'x-all': EVERY_CHARACTER,
    },
    { endStream: true },
  );
  const trailers = once(stream, 'trailers');
  const [headers, , raw] = await once(stream, 'response');
  expect(headers).toMatchObject({
    ':status': 201,
    'set-cookie': ['a=1', 'b=2'],
    'x-list': 'one, two',
    'content-type': 'text/plain',
  });
  expect(raw.join(' ')).toContain('set-cookie a=1 set-cookie b=2');
  expect((await readAll(stream)).toString()).toBe('body');
  expect((await trailers)[0]).toMatchObject({ 'grpc-status': '0' });
  expect(requests[0]).toMatchObject({
    ':method': 'PUT',
    ':path': '/a?b',
    ':authority': 'x.test',
    cookie: 'c=1',
    'x-upper': 'yes',
    'x-all': EVERY_CHARACTER,
  });
});

test.each(pairs)(
  'a reader that does not read holds the writer up, and nobody else: %s',
  async (_name, start) => {
    const { client, server } = await start();
    let offered = 0;
    server.on('stream', (stream, headers: Record<string, string>) => {
      stream.on('error', () => {});
      stream.respond({ ':status': 200 });
      if (headers[':path'] !== '/flood') {
        stream.end('quick');
        return;
      }
      const flood = () => {
        let more = true;
        while (more && offered < 256 * MIB) {
          offered += 64 * 1024;
          more = stream.write(Buffer.alloc(64 * 1024));
        }
      };
      stream.on('drain', flood);
      flood();
    });
    const lazy = Array.from({ length: 40 }, () =>
      client.request({ ':authority': 'test', ':path': '/flood' }, { endStream: false }).on('error', () => {}),
    );
    await Promise.all(lazy.map((stream) => once(stream, 'response')));
    let last = -1;
    while (offered !== last) {
      last = offered;
      for (let i = 0; i < 20; i += 1) {
        const stream = client.request({ ':authority': 'test', ':path': '/' }, { endStream: true });
        expect((await readAll(stream)).toString()).toBe('quick');
      }
    }
    // A window each, and what the writers hold.
    expect(offered).toBeLessThan(40 * MIB);
    for (const stream of lazy) expect(stream.readableLength).toBeLessThanOrEqual(MIB);
    for (const stream of lazy) stream.close(constants.NGHTTP2_CANCEL);
  },
);

test.each(pairs)('a slow reader gets everything: %s', async (_name, start) => {
  const { client, server } = await start();
  const hash = createHash('sha256');
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200 });
    pipeline(Readable.from(noise(8 * MIB, hash)), stream, { end: true }).catch(() => {});
  });
  const stream = client.request({ ':authority': 'test' }, { endStream: true });
  const digest = createHash('sha256');
  for await (const chunk of stream) {
    digest.update(chunk);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(digest.digest('hex')).toBe(hash.digest('hex'));
});

test.each(pairs)('a reset of either end reaches the other, with its code: %s', async (_name, start) => {
  const { client, server } = await start();
  const codes: (number | undefined)[] = [];
  server.on('stream', (stream, headers: Record<string, string>) => {
    stream.on('error', () => {});
    stream.once('close', () => codes.push(stream.rstCode));
    if (headers[':path'] === '/reset') stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  });
  const refused = client.request({ ':authority': 'test', ':path': '/reset' }, { endStream: false });
  expect((await failure(refused as Http2Stream)).message).toContain('INTERNAL_ERROR');
  expect(refused.rstCode).toBe(constants.NGHTTP2_INTERNAL_ERROR);
  await until(() => codes.length === 1);
  const cancelled = client.request({ ':authority': 'test', ':path': '/' }, { endStream: false });
  await new Promise((resolve) => client.ping(resolve));
  cancelled.close(constants.NGHTTP2_CANCEL);
  await once(cancelled, 'close');
  await until(() => codes.length === 2);
  expect(codes[1]).toBe(constants.NGHTTP2_CANCEL);
});

test('a response that is complete is delivered although the other end resets with NO_ERROR behind it', async () => {
  for (const start of [ourClientAndNodeServer, bothOurs]) {
    const { client, server } = await start();
    server.on('stream', (stream: Serving) => {
      stream.respond({ ':status': 200 });
      stream.end(Buffer.alloc(100_000), () => stream.close(constants.NGHTTP2_NO_ERROR));
    });
    const stream = client.request({ ':authority': 'test', ':method': 'POST' }, { endStream: false });
    await once(stream, 'response');
    await new Promise((resolve) => client.ping(resolve));
    await new Promise((resolve) => client.ping(resolve));
    expect(await readAll(stream)).toHaveLength(100_000);
    // What is written now has lost its reader, and holds nobody up.
    await until(() => stream.destroyed);
    expect(stream.errored).toBeNull();
  }
});

test('interim responses are passed over', async () => {
  const { client, server } = await ourClientAndNodeServer();
  server.on('stream', (stream) => {
    stream.additionalHeaders({ ':status': 103, link: '</x>' });
    stream.respond({ ':status': 200 });
    stream.end('done');
  });
  const stream = client.request({ ':authority': 'test' }, { endStream: true });
  const [headers] = await once(stream, 'response');
  expect(headers[':status']).toBe(200);
  expect((await readAll(stream)).toString()).toBe('done');
});

test('a peer with a smaller header table, small frames and a small window is served', async () => {
  const { client, server } = await ourClientAndNodeServer({
    settings: { headerTableSize: 0, initialWindowSize: 1_000, maxHeaderListSize: 65_536 },
  });
  server.on('stream', (stream, headers) => {
    stream.respond({ ':status': 200, 'x-length': String(headers['x-long']?.length) });
    stream.pipe(stream);
  });
  await new Promise((resolve) => client.ping(resolve));
  for (const bytes of [10, 50_000]) {
    const stream = client.request(
      { ':authority': 'test', ':method': 'POST', 'x-long': 'y'.repeat(bytes) },
      { endStream: false },
    );
    stream.end(Buffer.alloc(100_000));
    const [headers] = await once(stream, 'response');
    expect(headers['x-length']).toBe(String(bytes));
    expect(await readAll(stream)).toHaveLength(100_000);
  }
});
