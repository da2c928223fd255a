import { Metadata, type ServerUnaryCall, type sendUnaryData } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { liveLoadBalancer, liveOrigin, unmonitoredPool } from '../support/live-objects.js';
import { eventually } from '../support/waiting.js';
import { httpOrigin, rawOrigin } from './fake-origin.js';
import { echoClient, echoServer } from './grpc-echo.js';
import { ask, http2Client, startHttpsRig, testAuthority } from './https-rig.js';
import { HOST } from './rig.js';

const upsertOf = (ports: readonly number[]) => ({
  pool: [unmonitoredPool({ id: 'a', origins: ports.map((port) => liveOrigin({ port })) })],
  load_balancer: [liveLoadBalancer({ name: HOST, defaultPools: ['a'], affinity: 'cookie' })],
});

test('a session begins and goes on over HTTP/2, also when the Cookie field comes in pieces', async () => {
  const origins = await Promise.all(
    ['0', '1', '2', '3'].map((name) => httpOrigin((_request, response) => response.end(name))),
  );
  const rig = await startHttpsRig({ upsert: upsertOf(origins.map(({ port }) => port)) });
  const session = await http2Client(rig);
  const first = await ask(session);
  const cookie = first.headers['set-cookie']![0]!.split(';')[0]!;
  expect(cookie).toMatch(/^__cflb=/);
  for (let i = 0; i < 12; i++) {
    const next = await ask(session, { cookie: ['a=b', cookie] });
    expect([next.body, next.headers['set-cookie']]).toEqual([first.body, undefined]);
  }
  expect(rig.load.outstanding('a')).toBe(0);
});

test('streams that are reset count no longer', async () => {
  const silent = await rawOrigin((socket) => socket.on('error', () => {}));
  const rig = await startHttpsRig({ upsert: upsertOf([silent.port]) });
  const session = await http2Client(rig);
  const streams = Array.from({ length: 5 }, () => session.request({ ':authority': HOST }));
  for (const stream of streams) stream.on('error', () => {});
  await eventually(() => rig.load.outstanding('a') === 5);
  for (const stream of streams.slice(0, 3)) stream.close();
  await eventually(() => rig.load.outstanding('a') === 2);
  session.destroy();
  await eventually(() => rig.load.outstanding('a') === 0 && rig.load.connections('a') === 0);
});

test('gRPC calls count each for itself, and their shared connection once', async () => {
  const answers: (() => void)[] = [];
  const server = await echoServer({
    one: (_call: ServerUnaryCall<string, string>, done: sendUnaryData<string>) =>
      void answers.push(() => done(null, 'ok')),
  });
  const rig = await startHttpsRig({ upsert: upsertOf([server.port]) });
  const client = echoClient(rig.httpsPort, HOST, (await testAuthority()).caCertificate);
  const calls = [1, 2, 3].map(
    () => new Promise((resolve) => client.one('x', new Metadata(), (error, text) => resolve(error ?? text))),
  );
  await eventually(() => answers.length === 3);
  expect([rig.load.outstanding('a'), rig.load.connections('a')]).toEqual([3, 1]);
  for (const answer of answers) answer();
  expect(await Promise.all(calls)).toEqual(['ok', 'ok', 'ok']);
  await eventually(() => rig.load.outstanding('a') === 0);
});
