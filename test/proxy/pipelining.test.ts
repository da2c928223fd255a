import { expect, test } from 'vitest';
import { httpOrigin, scriptedOrigin } from './fake-origin.js';
import { rawClient } from './raw-client.js';
import { HOST, startRig } from './rig.js';

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;
const answer = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

test('pipelined requests are answered one after another, in order', async () => {
  let underWay = 0;
  let most = 0;
  const origin = await scriptedOrigin((request, socket) => {
    const path = request.split(' ')[1]!;
    underWay += 1;
    most = Math.max(most, underWay);
    setImmediate(() => {
      underWay -= 1;
      socket.write(answer(path));
    });
    return null;
  });
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(get('/1') + get('/2') + get('/3'));
  const received = await client.receive((text) => text.endsWith('/3'));
  expect(received.match(/\/\d$|\/\d(?=HTTP)/g)).toEqual(['/1', '/2', '/3']);
  expect(most).toBe(1);
});

test('a request behind a body is found at the byte where the body ends', async () => {
  const seen: string[] = [];
  const origin = await httpOrigin((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      seen.push(`${request.url} ${body}`);
      response.end(request.url);
    });
  });
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  const chunked = `POST /chunked HTTP/1.1\r\nHost: ${HOST}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n`;
  const withLength = `POST /length HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 5\r\n\r\nhello`;
  client.send(chunked + get('/a') + withLength + get('/b'));
  await client.receive((text) => text.endsWith('/b'));
  expect(seen).toEqual(['/chunked hello', '/a ', '/length hello', '/b ']);
});

test('very many pipelined requests that need no origin are all answered', async () => {
  const rig = await startRig();
  const client = await rawClient(rig.port);
  const count = 5_000;
  client.send('GET / HTTP/1.1\r\nHost: unknown\r\n\r\n'.repeat(count));
  await client.receive((text) => text.match(/error code: 1001/g)?.length === count);
});

test('what follows a request that asks for the close is not answered', async () => {
  const origin = await scriptedOrigin((request) => answer(request.split(' ')[1]!));
  const rig = await startRig({ origins: [origin.port] });
  const client = await rawClient(rig.port);
  client.send(`GET /last HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n${get('/never')}`);
  const received = await client.closed();
  expect(received).toContain('/last');
  expect(received).not.toContain('/never');
});
