import { type EventEmitter, once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { CODE, FLAG, FRAME, goawayFrame, windowUpdateFrame } from '../../src/tunnel/h2/frames.js';
import type { Http2Session } from '../../src/tunnel/h2/session.js';
import type { Http2Stream, ServingStream } from '../../src/tunnel/h2/stream.js';
import {
  bothOurs,
  cleanUp,
  ending,
  failure,
  frame,
  head,
  nodeClientAndOurServer,
  OK,
  ourClient,
  ourClientAndNodeServer,
  ourServer,
  readAll,
  until,
} from './rig.js';

afterEach(cleanUp);

const ask = (client: Http2Session, headers = {}): Http2Stream =>
  client.request({ ':authority': 'test', ':method': 'POST', ...headers }).on('error', () => {});

const roundTrip = (session: Http2Session) => new Promise((resolve) => session.ping(resolve));

function echo(server: EventEmitter): void {
  server.on('stream', (stream: ServingStream) => {
    stream.on('error', () => {});
    stream.respond({ ':status': 200 });
    stream.pipe(stream);
  });
}

test('a ping is answered, and one that cannot be answered fails', async () => {
  const { client, server } = await bothOurs();
  expect(await new Promise((resolve) => client.ping((error) => resolve(error)))).toBeNull();
  expect(await new Promise((resolve) => server.ping((error) => resolve(error)))).toBeNull();
  server.socket.pause();
  const failed = new Promise((resolve) => client.ping((error) => resolve(error)));
  for (let i = 1; i < 10; i += 1) expect(client.ping(() => {})).toBe(true);
  expect(client.ping(() => {})).toBe(false);
  client.destroy();
  expect(await failed).toBeInstanceOf(Error);
  expect(client.ping(() => {})).toBe(false);
});

test('a session that closes lets its streams end, takes no more, and ends the transport', async () => {
  for (const start of [bothOurs, ourClientAndNodeServer]) {
    const { client, server } = await start();
    echo(server);
    const stream = ask(client);
    await once(stream, 'response');
    const closed = ending(client);
    client.close();
    expect(() => client.request({})).toThrow('closed');
    stream.end('last words');
    expect((await readAll(stream)).toString()).toBe('last words');
    expect(await closed).toBeUndefined();
    await until(() => server.destroyed);
  }
});

test('a server that closes lets its streams end, too, and the client hears of it', async () => {
  const { client, server } = await bothOurs();
  echo(server);
  const stream = ask(client);
  await once(stream, 'response');
  const goaway = once(client, 'goaway');
  const closed = [ending(client), ending(server)];
  server.close();
  expect((await goaway)[0]).toBe(CODE.NO_ERROR);
  expect(client.closed).toBe(true);
  stream.end('last words');
  expect((await readAll(stream)).toString()).toBe('last words');
  expect(await Promise.all(closed)).toEqual([undefined, undefined]);
});

test('what a peer that goes away has not taken fails as refused, and the rest goes on', async () => {
  const { client, peer } = await ourClient();
  const [taken, left] = [ask(client), ask(client)];
  await peer.heard(FRAME.HEADERS, ({ streamId }) => streamId === left.id);
  const refused = failure(left);
  peer.write(head(taken.id, OK), goawayFrame(taken.id, CODE.NO_ERROR));
  expect(await refused).toMatchObject({ code: CODE.REFUSED_STREAM });
  peer.write(frame(FRAME.DATA, FLAG.END_STREAM, taken.id, Buffer.from('fine')));
  expect((await readAll(taken)).toString()).toBe('fine');
});

test('a peer that gives up tells why', async () => {
  const { client, peer } = await ourClient();
  const lost = failure(ask(client));
  const end = ending(client);
  peer.write(goawayFrame(0, CODE.ENHANCE_YOUR_CALM, 'too\nmuch'));
  expect((await end)?.message).toBe('the other end has given the session up: ENHANCE_YOUR_CALM too?much');
  expect((await lost).message).toContain('ENHANCE_YOUR_CALM');
});

test('a session that is lost gives its streams an error, in the order in which they were opened', async () => {
  const { client, server } = await bothOurs();
  echo(server);
  const heard: string[] = [];
  for (let i = 0; i < 3; i += 1) {
    const stream = client.request({ ':authority': 'test' });
    for (const event of ['error', 'end', 'close'])
      stream.on(event, () => heard.push(`${stream.id} ${event}`));
    await once(stream, 'response');
  }
  client.on('close', () => heard.push('session'));
  const end = ending(client);
  client.socket.destroy();
  await end;
  await until(() => heard.includes('session'));
  expect(heard).toEqual(['1 error', '1 close', '3 error', '3 close', '5 error', '5 close', 'session']);
});

test('what has arrived up to its end is delivered although the session is lost before it is read', async () => {
  const { client, server } = await bothOurs();
  server.on('stream', (stream: Http2Stream) => {
    stream.respond({ ':status': 200 });
    stream.end(Buffer.alloc(200_000));
  });
  const stream = ask(client);
  await once(stream, 'response');
  await roundTrip(client);
  await roundTrip(client);
  const end = ending(client);
  client.destroy(new Error('gone'));
  await end;
  expect(await readAll(stream)).toHaveLength(200_000);
});

const events = ['response', 'data', 'end', 'trailers', 'close', 'drain', 'error'];
test.each(events)('a session may be destroyed within the %s event of a stream', async (event) => {
  const { client, server } = await bothOurs();
  server.on('stream', (stream: Http2Stream, headers: Record<string, string>) => {
    stream.on('error', () => {});
    stream.respond({ ':status': 200 }, { waitForTrailers: true });
    stream.once('wantTrailers', () => stream.sendTrailers({ a: 'b' }));
    if (headers[':path'] === '/error') stream.close(CODE.INTERNAL_ERROR);
    else if (headers[':path'] === '/all') stream.resume().on('end', () => stream.end('body'));
  });
  const others = [ask(client), ask(client)];
  const lost = Promise.all(others.map(failure));
  const stream = ask(client, { ':path': event === 'error' ? '/error' : '/all' });
  const end = ending(client);
  stream.on(event, () => client.destroy(new Error('from within')));
  for (let more = true; more; ) more = stream.write(Buffer.alloc(64 * 1024));
  stream.once('drain', () => stream.end());
  stream.resume();
  expect((await end)?.message).toBe('from within');
  for (const error of await lost) expect(error.message).toBe('from within');
  await until(() => stream.destroyed);
});

test('streams may be opened, written and destroyed within the events of others', async () => {
  const { client, server } = await bothOurs();
  echo(server);
  let done = 0;
  const next = () => {
    const stream = ask(client);
    stream.once('response', () => {
      stream.write('x'.repeat(1 + (done % 7) * 5_000));
    });
    stream.once('data', () => {
      done += 1;
      if (done < 500) next();
      if (done % 3 === 0) stream.destroy();
      else stream.close(done % 2 ? CODE.CANCEL : CODE.NO_ERROR);
    });
  };
  for (let i = 0; i < 20; i += 1) next();
  await until(() => done >= 519);
  await roundTrip(client);
  expect(client.destroyed).toBe(false);
  const stream = ask(client);
  stream.end('still fine');
  expect((await readAll(stream)).toString()).toBe('still fine');
});

const floods: Record<string, () => Buffer> = {
  PING: () => frame(FRAME.PING, 0, 0, Buffer.alloc(8)),
  SETTINGS: () => frame(FRAME.SETTINGS, 0, 0),
  'empty DATA': () => frame(FRAME.DATA, 0, 1),
  'RST_STREAM of a closed stream': () => frame(FRAME.RST_STREAM, 0, 3, Buffer.alloc(4)),
  'WINDOW_UPDATE of a closed stream': () => windowUpdateFrame(3, 1),
  PRIORITY: () => frame(FRAME.PRIORITY, 0, 1, Buffer.alloc(5)),
  'unknown frames': () => frame(0xbb, 0, 0),
  'interim responses': () => head(5, [':status', '103']),
};

test.each(Object.keys(floods))('a flood of %s ends the session', async (name) => {
  const { client, peer } = await ourClient();
  const streams = [ask(client), ask(client), ask(client)];
  streams[1]!.close(CODE.CANCEL);
  await peer.heard(FRAME.RST_STREAM);
  peer.write(head(1, OK));
  const end = ending(client);
  let over = false;
  end.then(() => {
    over = true;
  });
  const burst = Buffer.concat(Array.from({ length: 5_000 }, floods[name]!));
  const write = () => {
    if (!over) peer.socket.write(burst, () => setImmediate(write));
  };
  write();
  expect(await end).toMatchObject({ code: CODE.ENHANCE_YOUR_CALM });
});

test('a header block without end, in large frames or in small ones, ends the session', async () => {
  for (const bytes of [16_384, 0]) {
    const { client, peer } = await ourClient();
    ask(client);
    const end = ending(client);
    await peer.heard(FRAME.HEADERS);
    // A literal of many megabytes.
    peer.write(frame(FRAME.HEADERS, 0, 1, [0x88, 0x00, 0x01, 0x61, 0x7f, 0xff, 0xff, 0xff, 0x0f]));
    for (let i = 0; i < 1_100; i += 1) peer.write(frame(FRAME.CONTINUATION, 0, 1, Buffer.alloc(bytes)));
    expect(await end).toMatchObject({ code: CODE.ENHANCE_YOUR_CALM });
  }
});

test('header lists of any size that origins have cost at most their own stream', async () => {
  const { client, server } = await bothOurs();
  server.on('stream', (stream: Http2Stream, headers: Record<string, string>) => {
    stream.on('error', () => {});
    const size = Number(headers['x-size']);
    stream.respond({ ':status': 200, 'cf-cloudflared-response-headers': 'x'.repeat(size) });
    stream.pipe(stream);
  });
  const other = ask(client, { 'x-size': '0' });
  await once(other, 'response');
  for (const size of [48_000, 80_000, 500_000]) {
    const [headers] = await once(ask(client, { 'x-size': String(size) }), 'response');
    expect(headers['cf-cloudflared-response-headers']).toHaveLength(size);
  }
  for (const size of [600_000, 2_000_000]) {
    const error = await failure(ask(client, { 'x-size': String(size) }));
    expect(error.message).toContain('header block too large');
  }
  other.end('still here');
  expect((await readAll(other)).toString()).toBe('still here');
});

test("a header of 64 KB in Huffman code by Node's client arrives", async () => {
  const { client, server } = await nodeClientAndOurServer({ maxSendHeaderBlockLength: 1_000_000 });
  server.on('stream', (stream: Http2Stream, headers: Record<string, string>) => {
    stream.respond({ ':status': 200, length: String(headers['x-large']?.length) }, { endStream: true });
  });
  const stream = client.request({ 'x-large': 'value;'.repeat(10_000) });
  expect((await once(stream, 'response'))[0].length).toBe('60000');
  stream.resume();
});

test('a peer that does not read what it asks for costs no more than the windows', async () => {
  const { peer, server } = await ourServer();
  let taken = 0;
  server.on('stream', (stream: Http2Stream) => {
    stream.on('error', () => {});
    stream.respond({ ':status': 200 });
    const flood = () => {
      for (let more = true; more; taken += 64 * 1024) more = stream.write(Buffer.alloc(64 * 1024));
    };
    stream.on('drain', flood);
    flood();
  });
  peer.socket.pause();
  peer.write(windowUpdateFrame(0, 2 ** 30));
  for (let id = 1; id < 40; id += 2) {
    peer.write(
      head(id, [':method', 'GET', ':scheme', 'http', ':path', '/'], true),
      windowUpdateFrame(id, 2 ** 30),
    );
  }
  let last = -1;
  while (taken !== last || taken === 0) {
    last = taken;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  // 20 streams with a chunk or two each, and what the kernel takes.
  expect(taken).toBeLessThan(32 * 1024 * 1024);
  expect(server.socket.writableLength).toBeLessThan(1024 * 1024);
});

test('streams share a short window', async () => {
  const { client, peer } = await ourClient();
  const streams = Array.from({ length: 4 }, () => ask(client));
  for (const stream of streams) stream.write(Buffer.alloc(300_000));
  await peer.heard(FRAME.DATA, ({ streamId }) => streamId === 1);
  const sent = () => {
    const bytes = new Map(streams.map(({ id }) => [id, 0]));
    for (const { type, streamId, payload } of peer.frames)
      if (type === FRAME.DATA) bytes.set(streamId, bytes.get(streamId)! + payload.length);
    return [...bytes.values()];
  };
  const total = () => sent().reduce((sum, bytes) => sum + bytes, 0);
  // Not all of it: a stream that comes later shall find something.
  await until(() => total() > 40_000);
  for (const { id } of streams) peer.write(windowUpdateFrame(id, 1_000_000));
  peer.write(windowUpdateFrame(0, 400_000));
  await until(() => total() > 200_000);
  expect(Math.max(...sent()) - Math.min(...sent())).toBeLessThan(80_000);
});
