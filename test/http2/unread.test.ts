import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { afterEach, expect, test } from 'vitest';
import { CODE, FLAG, FRAME, PREFACE, settingsFrame } from '../../src/tunnel/h2/frames.js';
import { Http2Session } from '../../src/tunnel/h2/session.js';
import type { Http2Stream } from '../../src/tunnel/h2/stream.js';
import { bothOurs, cleanUp, ending, frame, GET, head, OK, ourClient, until } from './rig.js';

afterEach(cleanUp);

async function startUnreadRequest() {
  const { client, server } = await bothOurs();
  const serving = once(server, 'stream') as Promise<[Http2Stream]>;
  const request = client.request({ ':authority': 'test', ':method': 'POST' }).on('error', () => {});
  request.end(Buffer.alloc(50_000));
  const [stream] = await serving;
  stream.on('error', () => {});
  await new Promise((resolve) => client.ping(resolve));
  expect(stream).toMatchObject({ remoteEnded: true, readableLength: 50_000 });
  return { client, request, stream, closed: once(stream, 'close') };
}

test('a server hears at once that a request is given up, whatever it has not read of it', async () => {
  const { request, stream, closed } = await startUnreadRequest();
  request.close(CODE.CANCEL);
  await closed;
  expect(stream.rstCode).toBe(CODE.CANCEL);
});

test('a server hears at once that a session is lost, whatever it has not read of a request', async () => {
  const { client, closed } = await startUnreadRequest();
  client.socket.destroy();
  await closed;
});

test('a body in frames of one byte that nobody reads is kept in few pieces', async () => {
  const { client, peer } = await ourClient();
  const stream = client.request({ ':authority': 'test' });
  peer.write(head(stream.id, OK));
  await once(stream, 'response');
  const body = Buffer.from(Array.from({ length: 20_000 }, (_, i) => i % 251));
  const frames = Array.from(body, (_, i) => frame(FRAME.DATA, 0, stream.id, body.subarray(i, i + 1)));
  peer.write(...frames, frame(FRAME.DATA, FLAG.END_STREAM, stream.id, Buffer.alloc(5_000)));
  await until(() => stream.remoteEnded);
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  await once(stream, 'end');
  expect(Buffer.concat(pieces).equals(Buffer.concat([body, Buffer.alloc(5_000)]))).toBe(true);
  expect(pieces.length).toBeLessThan(5);
});

test('a tiny piece that is kept does not hold the chunk that it came in', async () => {
  const { client, peer } = await ourClient();
  const ask = () => client.request({ ':authority': 'test' }).on('error', () => {});
  const [stream, over] = [ask(), ask()];
  over.close(CODE.CANCEL);
  const data = once(stream, 'data');
  const rest = Array.from({ length: 3 }, () => frame(FRAME.DATA, 0, over.id, Buffer.alloc(16_000)));
  peer.write(head(stream.id, OK), frame(FRAME.DATA, 0, stream.id, Buffer.from('x')), ...rest);
  const [piece] = await data;
  expect(piece.toString()).toBe('x');
  expect(piece.buffer.byteLength).toBeLessThanOrEqual(Buffer.poolSize);
});

test('a reader that stops and goes on gets every small piece once, in order', async () => {
  const { client, server } = await bothOurs();
  server.on('stream', (stream: Http2Stream) => {
    stream.respond({ ':status': 200 });
    const say = (i: number) => {
      if (i === 5_000) stream.end();
      else stream.write(`${i},`, () => say(i + 1));
    };
    say(0);
  });
  const stream = client.request({ ':authority': 'test' });
  let seen = '';
  stream.on('data', (chunk: Buffer) => {
    seen += chunk;
    if (seen.length % 3 !== 0) return;
    stream.pause();
    setImmediate(() => stream.resume());
  });
  await once(stream, 'end');
  expect(seen).toBe(Array.from({ length: 5_000 }, (_, i) => `${i},`).join(''));
});

test('a peer that goes on asking a session that is closed, and reads no answer, is ended', async () => {
  const socket = new Duplex({ read() {}, write() {} });
  const server = new Http2Session(socket, { role: 'server' });
  const end = ending(server);
  server.once('stream', (stream: Http2Stream) => {
    stream.on('error', () => {});
    server.close();
  });
  socket.push(Buffer.concat([PREFACE, settingsFrame([]), head(1, GET)]));
  for (let id = 3; id < 20_000 && !server.destroyed; id += 20) {
    const requests = Array.from({ length: 10 }, (_, i) => head(id + 2 * i, GET, true));
    socket.push(Buffer.concat(requests));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(server.destroyed).toBe(true);
  expect(await end).toMatchObject({ code: CODE.ENHANCE_YOUR_CALM });
});
