import http from 'node:http';
import net from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { originRequestFields } from '../../src/proxy/exchange/destination.js';
import { type RequestHead, readRequestHead } from '../../src/proxy/http/request-head.js';
import { Malformed } from '../../src/proxy/http/syntax.js';
import { originRequestHead } from '../../src/proxy/upstream/origin-target.js';
import { seededRandom } from '../steering/seeded-random.js';

const random = seededRandom(20);
const CLIENT = { identity: { ip: '192.0.2.1', peerIp: '192.0.2.1', random }, scheme: 'http' } as const;
const any = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)]!;

const LINES = [
  'Content-Length: 5',
  'content-length: 0',
  'Content-Length : 5',
  'Content-Length: 5, 5',
  'Content-Length:\t7 ',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: Chunked ',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding:\x0bchunked',
  'X: y\r\nTransfer-Encoding: chunked',
  'Connection: close, X-A',
  'Connection: Content-Length, Transfer-Encoding',
  'X-A: 1',
  'X-B: caf\xe9',
  'Host: other',
  'Upgrade: websocket',
  'Expect: 100-continue',
];
/** Bytes that tempt a parser. */
const BYTES = ['\r', '\n', '\0', ' ', '\t', ':', ',', '\x7f', '\xff', '0', 'a', ';', '\r\n', '\r\n\r\n'];

function randomHead(): string {
  const lines = Array.from({ length: Math.floor(random() * 4) }, () => any(LINES));
  let text = `${any(['GET', 'POST', 'PUT', 'XYZ'])} /${any(['', 'a?b', '%0d%0a', '//x'])} HTTP/1.1\r\nHost: h.example\r\n`;
  text += lines.map((line) => `${line}\r\n`).join('');
  for (let mutations = Math.floor(random() * 3); mutations > 0; mutations--) {
    const at = Math.floor(random() * text.length);
    text = text.slice(0, at) + any(BYTES) + text.slice(at + Math.floor(random() * 2));
  }
  // What the proxy would cut at the blank line.
  const blank = `${text}\r\n`.indexOf('\r\n\r\n');
  return `${text}\r\n`.slice(0, blank + 2);
}

function accepted(text: string): RequestHead | null {
  try {
    return readRequestHead(text, 128);
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

/** What Node's own parser makes of `bytes` sent on one connection: the requests, and whether it complained. */
function readByNode(
  server: http.Server,
  bytes: string,
): Promise<{ requests: http.IncomingMessage[]; broken: boolean }> {
  return new Promise((resolve) => {
    const requests: http.IncomingMessage[] = [];
    let broken = false;
    server.removeAllListeners('request').removeAllListeners('clientError');
    const take = (request: http.IncomingMessage, response: http.ServerResponse) => {
      requests.push(request);
      request.resume();
      request.on('end', () => response.end());
    };
    server.on('request', take);
    // Only these never reach `request`: the expectation is answered for them, the method is unknown to Node.
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
      broken = error.code !== 'HPE_INVALID_METHOD' && error.code !== 'ECONNRESET';
      socket.destroy();
    });
    const { port } = server.address() as net.AddressInfo;
    const socket = net.connect(port, '127.0.0.1', () => socket.end(bytes, 'latin1'));
    socket.resume();
    socket.on('error', () => {});
    socket.on('close', () => resolve({ requests, broken }));
  });
}

test('whatever head is accepted, the rewritten one has the same single meaning to another parser', async () => {
  const server = http.createServer({ keepAliveTimeout: 50 }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  let compared = 0;
  for (let i = 0; i < 3_000; i++) {
    const text = randomHead();
    const head = accepted(text);
    if (head === null || compared === 300) continue;
    const rewritten = originRequestHead({
      head,
      host: head.authority,
      fields: originRequestFields(head, CLIENT, 'ray', 'XX', false),
    });
    const body = head.chunked ? '5\r\nhello\r\n0\r\n\r\n' : 'x'.repeat(head.contentLength ?? 0);
    const last = 'GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';
    const { requests, broken } = await readByNode(server, rewritten + body + last);
    if (requests.length === 0 && !broken) continue;
    compared += 1;
    const seen = { text, broken, urls: requests.map(({ url }) => url) };
    expect(seen).toEqual({ text, broken: false, urls: [head.target, '/last'] });
    expect(requests[0]!.headers.host).toBe(head.authority);
  }
  expect(compared).toBeGreaterThan(200);
});
