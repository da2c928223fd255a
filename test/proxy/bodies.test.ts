import { createHash } from 'node:crypto';
import http from 'node:http';
import { expect, test } from 'vitest';
import { seededRandom } from '../steering/seeded-random.js';
import { httpOrigin, rawOrigin } from './fake-origin.js';
import { rawClient } from './raw-client.js';
import { HOST, startRig } from './rig.js';

const KIB = 1024;
/** Around the limits at which the proxy changes its ways: one write, replay buffer, what a socket reads at once. */
const SIZES = [1, KIB, 16 * KIB - 1, 16 * KIB + 1, 64 * KIB, 64 * KIB + 1, 100 * KIB, 10 * KIB * KIB];

const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

function noise(length: number): Buffer {
  const random = seededRandom(length);
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; at++) bytes[at] = random() * 256;
  return bytes;
}

/** Pieces of sizes that fit no buffer of anybody. */
function pieces(bytes: Buffer): Buffer[] {
  const result: Buffer[] = [];
  for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 7 + 13) % 50_021) {
    result.push(bytes.subarray(at, at + size));
  }
  return result;
}

async function collect(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Echoes each body, with a length or in chunks as the request asks. */
async function echo() {
  return httpOrigin(async (request, response) => {
    const body = await collect(request);
    if (request.headers['x-answer'] === 'length') response.setHeader('Content-Length', body.length);
    for (const piece of pieces(body)) response.write(piece);
    response.end();
  });
}

function post(port: number, headers: http.OutgoingHttpHeaders, parts: readonly Buffer[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { port, host: '127.0.0.1', method: 'POST', headers: { host: HOST, ...headers } },
      (response) => collect(response).then(resolve, reject),
    );
    request.on('error', reject);
    for (const part of parts) request.write(part);
    request.end();
  });
}

test.each(SIZES)('bodies of %i bytes pass both ways unchanged, with a length and in chunks', async (size) => {
  const origin = await echo();
  const rig = await startRig({ origins: [origin.port] });
  const body = noise(size);
  for (const answer of ['length', 'chunked']) {
    const withLength = { 'content-length': size, 'x-answer': answer };
    expect(digest(await post(rig.port, withLength, pieces(body)))).toBe(digest(body));
    expect(digest(await post(rig.port, { 'x-answer': answer }, pieces(body)))).toBe(digest(body));
  }
});

test('a response in tiny chunks cut at every place is unchanged', async () => {
  const body = noise(3_000);
  const framed = Buffer.concat([
    ...Array.from({ length: 1_000 }, (_, i) =>
      Buffer.concat([Buffer.from('3\r\n'), body.subarray(i * 3, i * 3 + 3), Buffer.from('\r\n')]),
    ),
    Buffer.from('0\r\n\r\n'),
  ]);
  const origin = await rawOrigin((socket) => {
    socket.once('data', async () => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      for (const piece of pieces(framed)) await new Promise((resolve) => socket.write(piece, resolve));
    });
  });
  const rig = await startRig({ origins: [origin.port] });
  expect(digest(await post(rig.port, {}, []))).toBe(digest(body));
});

test('after an early answer the rest of the body is not taken for the next request', async () => {
  let reached = '';
  const origin = await rawOrigin((socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig'));
    socket.on('data', (chunk) => {
      reached += chunk.toString('latin1');
    });
  });
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(`POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 1000000\r\n\r\nstart`);
  await client.receive((text) => text.endsWith('big'));
  client.send('GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n');
  const received = await client.closed();
  expect(received).toMatch(/^HTTP\/1\.1 413 [\s\S]*\r\nConnection: close\r\n/);
  expect(received.match(/HTTP\/1\.1 \d/g)).toHaveLength(1);
  const next = await rawClient(rig.port);
  next.send(`GET /next HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`);
  await next.receive((text) => text.endsWith('big'));
  expect(origin.connections()).toBe(2);
  expect(reached).not.toContain('smuggled');
});
