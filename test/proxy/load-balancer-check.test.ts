import { expect, test } from 'vitest';
import { newest } from '../support/request-filters.js';
import { httpOrigin } from './fake-origin.js';
import { ask, http2Client, startHttpsRig } from './https-rig.js';
import { rawClient } from './raw-client.js';
import { HOST } from './rig.js';

/** How load balancers in front see whether this proxy is there. HAProxy's default check: `OPTIONS / HTTP/1.0`, no Host. */

async function start(healthPath: string | null) {
  const asked: string[] = [];
  const origin = await httpOrigin((request, response) => {
    asked.push(request.url!);
    response.end('by the origin');
  });
  return { rig: await startHttpsRig({ origins: [origin.port], healthPath }), asked };
}

async function answerTo(port: number, request: string): Promise<string> {
  const client = await rawClient(port);
  client.send(request);
  return await client.closed();
}

const CLOSE = 'Connection: close\r\n\r\n';

test.each([
  ['a host that nobody has', 'GET /-/up HTTP/1.1\r\nHost: 192.0.2.1:7880\r\n'],
  ['the host of a load balancer, with a query', `GET /-/up?a=b HTTP/1.1\r\nHost: ${HOST}\r\n`],
  ['no host, in HTTP/1.0', 'GET /-/up HTTP/1.0\r\n'],
  ['OPTIONS / of HTTP/1.0 without a host', 'OPTIONS / HTTP/1.0\r\n'],
])('with a health path, %s is answered with 200', async (_, request) => {
  const { rig, asked } = await start('/-/up');
  const text = await answerTo(rig.port, request + CLOSE);
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nok\n$/);
  expect(asked).toEqual([]);
  expect(rig.requests.find(newest(10))).toEqual([]);
});

test('HEAD gets the head alone, and HTTP/2 the same', async () => {
  const { rig } = await start('/-/up');
  const text = await answerTo(rig.port, `HEAD /-/up HTTP/1.1\r\nHost: x\r\n${CLOSE}`);
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n$/);
  const answer = await ask(await http2Client(rig), { ':path': '/-/up', ':authority': 'nobody.example.com' });
  expect(answer).toMatchObject({ status: 200, body: 'ok\n' });
});

test.each([
  ['another path', `GET /-/upper HTTP/1.1\r\nHost: ${HOST}\r\n`],
  ['another method', `DELETE /-/up HTTP/1.1\r\nHost: ${HOST}\r\n`],
  ['OPTIONS with a host', `OPTIONS / HTTP/1.0\r\nHost: ${HOST}\r\n`],
])('%s goes to the origin', async (_, request) => {
  const { rig, asked } = await start('/-/up');
  expect(await answerTo(rig.port, request + CLOSE)).toMatch(/by the origin$/);
  expect(asked).toHaveLength(1);
});

test.each([
  ['OPTIONS / of HTTP/1.1 without a host', '/-/up', 'OPTIONS / HTTP/1.1\r\n'],
  ['another path without a host', '/-/up', 'GET / HTTP/1.0\r\n'],
  ['OPTIONS /, without a health path', null, 'OPTIONS / HTTP/1.0\r\n'],
  ['a path, without a health path', null, 'GET /-/up HTTP/1.0\r\n'],
])('%s is a request without Host', async (_, healthPath, request) => {
  const { rig } = await start(healthPath);
  expect(await answerTo(rig.port, request + CLOSE)).toMatch(/^HTTP\/1\.1 400 [\s\S]*there is no Host/);
});

test('a proxy that drains says so', async () => {
  const { rig } = await start('/-/up');
  const client = await rawClient(rig.port);
  client.send('GET /-/up HTTP/1.1\r\nHo');
  // Accepted behind the first, of which the proxy has read a part by then.
  await answerTo(rig.port, `GET /-/up HTTP/1.1\r\nHost: x\r\n${CLOSE}`);
  const drained = rig.proxy.drain(5_000);
  client.send('st: x\r\n\r\n');
  expect(await client.closed()).toMatch(/^HTTP\/1\.1 503 [\s\S]*\r\n\r\ndraining\n$/);
  await drained;
});
