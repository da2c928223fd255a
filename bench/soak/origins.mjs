// The origins of the soak, in a process of their own: one that does everything right and one for each way to go wrong.
import http from 'node:http';
import net from 'node:net';
import { payload } from './payload.mjs';

const HOST = '127.0.0.1';

function good(request, response) {
  const { pathname, searchParams } = new URL(request.url, 'http://x');
  if (pathname === '/echo') {
    response.writeHead(
      200,
      request.headers['content-length'] ? { 'content-length': request.headers['content-length'] } : {},
    );
    request.pipe(response);
    return;
  }
  request.resume();
  const body = payload(searchParams.get('token'), Number(searchParams.get('blocks')));
  if (searchParams.get('chunked')) {
    response.writeHead(200);
    for (let at = 0; at < body.length; at += 10_000) response.write(body.subarray(at, at + 10_000));
    response.end();
  } else response.writeHead(200, { 'content-length': body.length }).end(body);
}

/** Answers every head it gets with what `answer` does to the socket. */
function scripted(answer) {
  return net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    let pending = '';
    socket.on('data', (chunk) => {
      pending += chunk.toString('latin1');
      for (let end = pending.indexOf('\r\n\r\n'); end >= 0; end = pending.indexOf('\r\n\r\n')) {
        pending = pending.slice(end + 4);
        answer(socket);
      }
      if (pending.length > 100_000) pending = '';
    });
  });
}

const fields = Array.from({ length: 500 }, (_, index) => `X-Flood-${index}: ${'y'.repeat(100)}\r\n`).join('');
export const FAULTS = {
  'says-more': (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort'),
  'says-less': (socket) =>
    socket.write(
      'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison',
    ),
  closes: (socket) => socket.end(),
  resets: (socket) => socket.resetAndDestroy(),
  'breaks-off': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n');
    setTimeout(() => socket.resetAndDestroy(), 20);
  },
  stalls: () => {},
  'stalls-in-body': (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf'),
  garbage: (socket) => socket.write('\x16\x03\x01 this is not HTTP \0\r\n\r\n'),
  floods: (socket) => socket.write(`HTTP/1.1 200 OK\r\n${fields}Content-Length: 0\r\n\r\n`),
  'two-lengths': (socket) =>
    socket.write(
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    ),
  early: (socket) => socket.write('HTTP/1.1 413 Too Much\r\nContent-Length: 2\r\n\r\nno'),
};

async function listen(server) {
  server.on('error', () => {});
  await new Promise((resolve) => server.listen(0, HOST, resolve));
  return server.address().port;
}

function webSocketEcho(server) {
  server.on('upgrade', (_request, socket) => {
    socket.on('error', () => {});
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    socket.pipe(socket);
  });
  return server;
}

if (process.send) {
  const ports = { good: [] };
  for (let i = 0; i < 3; i++)
    ports.good.push(await listen(webSocketEcho(http.createServer({ keepAliveTimeout: 5_000 }, good))));
  for (const [name, answer] of Object.entries(FAULTS)) ports[name] = await listen(scripted(answer));
  process.send(ports);
  process.on('disconnect', () => process.exit());
}
