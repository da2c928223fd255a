import type { ServerResponse } from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import { promisify } from 'node:util';
import pino from 'pino';
import { afterEach, expect, test } from 'vitest';
import { openApiServer } from '../../src/api/api-server.js';
import { selfSigned } from '../support/certificates.js';

const ANSWER = 'too much';
const PIECE = Buffer.alloc(256 * 1024, ' ');
const PIECES = 8;
const HEAD = `POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${PIECE.length * PIECES}\r\n`;

let closing: (() => Promise<unknown>) | undefined;
afterEach(() => closing?.());

/** A server that answers each request before its body has come, and ends the connection with that, as for a body that is too large. */
async function openImpatient(secure: boolean) {
  const asked: string[] = [];
  const log = pino({ level: 'silent' });
  const server = await openApiServer({ host: '127.0.0.1', port: 0, tls: secure, maxConnections: 8, log });
  if (secure) {
    const { cert, key } = await selfSigned('localhost');
    server.useCertificate({ certificate: cert, key });
  }
  server.serve((request, response: ServerResponse) => {
    asked.push(request.url!);
    response.writeHead(413, { connection: 'close', 'content-length': ANSWER.length });
    response.end(ANSWER);
  });
  closing = () => server.drain(() => new Promise((resolve) => server.server.close(resolve)), 0);
  const { port } = server.address;
  const connect = () =>
    secure
      ? tls.connect({ host: '127.0.0.1', port, rejectUnauthorized: false })
      : net.connect(port, '127.0.0.1');
  const gone = async () => {
    const count = promisify(server.server.getConnections).bind(server.server);
    while ((await count()) > 0) await turn();
  };
  return { asked, connect, gone };
}

const ended = (socket: net.Socket) =>
  new Promise<{ heard: string; failed: boolean }>((resolve) => {
    let [heard, failed] = ['', false];
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
    });
    socket.on('error', () => {
      failed = true;
    });
    socket.on('close', () => resolve({ heard, failed }));
  });

const turn = () => new Promise((resolve) => setTimeout(resolve, 5));

test.each([
  ['HTTP', false],
  ['HTTPS', true],
])(
  'who sends a whole body before reading hears the answer that came meanwhile, over %s',
  async (_, secure) => {
    const { connect } = await openImpatient(secure);
    for (const line of ['', 'Connection: close\r\n', 'Expect: a-miracle\r\n', 'Host: another\r\n']) {
      const socket = connect();
      const end = ended(socket);
      socket.pause();
      socket.write(`${HEAD}${line}\r\n`);
      for (let i = 0; i < PIECES; i += 1) {
        await turn();
        await new Promise((resolve) => socket.write(PIECE, resolve));
      }
      socket.resume();
      const { heard, failed } = await end;
      expect([line, failed, heard.slice(0, 11)]).toEqual([
        line,
        false,
        expect.stringMatching(/^HTTP\/1\.1 4/),
      ]);
      expect(heard).toMatch(/\r\n\r\n./);
    }
  },
);

test('what comes behind a last answer is not carried out', async () => {
  const { asked, connect } = await openImpatient(false);
  const socket = connect();
  const end = ended(socket);
  socket.write(`${HEAD}\r\n`);
  await new Promise((resolve) => socket.once('data', resolve));
  for (let i = 0; i < PIECES; i += 1) socket.write(PIECE);
  socket.write('DELETE /b HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await end;
  expect(asked).toEqual(['/a']);
});

test('who sends no more of its body, and does not go either, is not waited for', async () => {
  const { connect, gone } = await openImpatient(false);
  const socket = connect();
  Object.assign(socket, { allowHalfOpen: true });
  socket.write(`${HEAD}\r\n`);
  await new Promise((resolve) => socket.resume().once('end', resolve));
  await gone();
  socket.destroy();
});
