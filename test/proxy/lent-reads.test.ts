import http from 'node:http';
import https from 'node:https';
import net from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { http2Client, startHttpsRig } from './https-rig.js';
import { HOST } from './rig.js';

// Responses are read into memory that many connections share: no byte of one may come out in another, however slow its client is.

const KIB = 1024;
const MIB = 1024 * KIB;
/** Around the sizes of the blocks, and of what goes out together with a head. */
const SIZES = [1, 16 * KIB - 1, 16 * KIB, 32 * KIB - 200, 33 * KIB, 64 * KIB + 1, 300 * KIB, 3 * MIB];

/** Bytes that tell which response they belong to, and where in it. */
function bodyOf(id: number, length: number): Buffer {
  const body = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; at++) body[at] = Math.imul(at + id * MIB, 0x9e3779b1) >>> 24;
  return body;
}

/** Serves `/<id>/<length>/<chunk>`: in chunks of so many bytes, or with a length when that is 0. */
async function startOrigin(): Promise<number> {
  const server = http.createServer((request, response) => {
    const [id, length, chunk] = request.url!.slice(1).split('/').map(Number) as [number, number, number];
    const body = bodyOf(id, length);
    if (chunk === 0) {
      response.writeHead(200, { 'Content-Length': length }).end(body);
      return;
    }
    for (let at = 0; at < length; at += chunk) response.write(body.subarray(at, at + chunk));
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as net.AddressInfo).port;
}

/** Reads a stream to its end, with a pause now and then when `slow`. */
async function read(stream: NodeJS.ReadableStream, slow: boolean): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of stream) {
    pieces.push(piece as Buffer);
    if (slow && pieces.length % 8 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return Buffer.concat(pieces);
}

function get(port: number, path: string, slow: boolean, client: typeof http | typeof https): Promise<Buffer> {
  const options = { port, host: '127.0.0.1', path, headers: { host: HOST }, agent: false };
  return new Promise((resolve, reject) => {
    const request = client.get(
      { ...options, servername: HOST, rejectUnauthorized: false } as never,
      (response) => {
        read(response, slow).then(resolve, reject);
      },
    );
    request.on('error', reject);
  });
}

test.each(['HTTP/1.1', 'HTTP/1.1 over TLS', 'HTTP/2'])(
  'of many responses at once over %s each keeps its bytes, also for slow clients',
  async (protocol) => {
    const rig = await startHttpsRig({ origins: [await startOrigin()] });
    const session = protocol === 'HTTP/2' ? await http2Client(rig) : null;
    const ask = (path: string, slow: boolean) => {
      if (session) return read(session.request({ ':path': path }), slow);
      return protocol === 'HTTP/1.1'
        ? get(rig.port, path, slow, http)
        : get(rig.httpsPort, path, slow, https);
    };
    for (let round = 0; round < 3; round++) {
      const asked = SIZES.flatMap((length, index) =>
        [0, 0, 1000, 40 * KIB].map(async (chunk, copy) => {
          const id = round * 100 + index * 4 + copy;
          const body = await ask(`/${id}/${length}/${chunk}`, copy % 2 === 1);
          return { length, chunk, same: body.equals(bodyOf(id, length)) };
        }),
      );
      expect((await Promise.all(asked)).filter(({ same }) => !same)).toEqual([]);
    }
  },
);

test('a client that stops reading gets every byte when it goes on, and costs others none', async () => {
  const rig = await startHttpsRig({ origins: [await startOrigin()] });
  const length = 24 * MIB;
  const stalled = net.connect(rig.port, '127.0.0.1');
  onTestFinished(() => void stalled.destroy());
  stalled.write(`GET /7/${length}/0 HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
  for (let id = 0; id < 20; id++) {
    const body = await get(rig.port, `/${id}/${2 * MIB}/0`, id % 2 === 0, http);
    expect(body.equals(bodyOf(id, 2 * MIB))).toBe(true);
  }
  const all = await read(stalled, false);
  const head = all.indexOf('\r\n\r\n') + 4;
  expect(all.subarray(head).equals(bodyOf(7, length))).toBe(true);
});
