import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http2 from 'node:http2';
import { promisify } from 'node:util';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { echoClient, echoServer } from '../proxy/grpc-echo.js';
import { ask } from '../proxy/https-rig.js';
import { openSharedLab, type SharedLab } from '../support/shared-lab.js';

let lab: SharedLab;
let ca: string;
beforeAll(async () => {
  lab = await openSharedLab();
  await lab.connect();
  ca = await readFile(lab.offramp.edgeCa, 'utf8');
});
afterAll(() => lab.close());

const httpsPort = () => Number(lab.offramp.https.split(':')[1]);

test('a load balancer made through the API is served over HTTPS, under a certificate of its name', async () => {
  const origin = await lab.startOrigin('secure');
  const pool = await lab.createPool('secure', [origin]);
  await lab.createLoadBalancer('secure.example.com', [pool]);
  const session = http2.connect('https://secure.example.com', {
    host: '127.0.0.1',
    port: httpsPort(),
    servername: 'secure.example.com',
    ca,
  } as http2.SecureClientSessionOptions);
  onTestFinished(() => session.destroy());
  await once(session, 'connect');
  const answer = await ask(session, { ':authority': 'secure.example.com' });
  expect(answer).toMatchObject({ status: 200, body: 'secure' });
  const address = `secure.example.com:${httpsPort()}`;
  const resolve = ['--resolve', `${address}:127.0.0.1`, '--cacert', lab.offramp.edgeCa];
  const curl = (...args: string[]) =>
    promisify(execFile)('curl', [
      '-sS',
      '-w',
      ' %{http_version}',
      ...resolve,
      ...args,
      `https://${address}/`,
    ]);
  expect((await curl('--http2')).stdout).toBe('secure 2');
  expect((await curl('--http1.1')).stdout).toBe('secure 1.1');
});

test('gRPC passes through a tunnel in both directions at once', async () => {
  const server = await echoServer({
    chat: (call: ServerDuplexStream<string, string>) => {
      call.on('data', (text: string) => call.write(text.toUpperCase()));
      call.on('end', () => call.end());
    },
  });
  const members = [
    { name: 'grpc', address: '127.0.0.1', port: server.port, virtual_network_id: lab.networkId },
  ];
  const pool = await lab.api.create('@/load_balancers/pools', { name: 'grpc', origins: members });
  await lab.createLoadBalancer('grpc.example.com', [pool]);
  const chat = echoClient(httpsPort(), 'grpc.example.com', ca).chat();
  for (const text of ['one', 'two', 'three']) {
    chat.write(text);
    expect(String(await once(chat, 'data'))).toBe(text.toUpperCase());
  }
  chat.end();
  chat.resume();
  await once(chat, 'end');
});
