import { expect, test } from 'vitest';
import { eventually } from '../support/waiting.js';
import { httpOrigin } from './fake-origin.js';
import { END_HEADERS, END_STREAM, FRAME, frame, frameClient, hpack } from './http2-frames.js';
import { startHttpsRig } from './https-rig.js';
import { HOST, type Rig } from './rig.js';

const POST = [
  [':method', 'POST'],
  [':scheme', 'https'],
  [':authority', HOST],
  [':path', '/'],
] as const;

/** A client whose request waits for the rest of its body. */
async function openRequest(rig: Rig) {
  const client = await frameClient(rig);
  client.send(frame(FRAME.headers, END_HEADERS, 1, hpack(POST)));
  await eventually(() => rig.load.outstanding('pool') === 1);
  return client;
}

test('a session that was given up for a mistake ends, although its requests wait for nothing', async () => {
  const origin = await httpOrigin(() => {});
  const rig = await startHttpsRig({ origins: [origin.port], timeouts: { sessionSilence: 50 } });
  const client = await openRequest(rig);
  // No compressed head.
  client.send(frame(FRAME.headers, END_HEADERS, 3, Buffer.alloc(10, 0xff)));
  await client.receive(({ type }) => type === FRAME.goaway);
  await client.closed();
  await eventually(() => rig.load.outstanding('pool') === 0);
});

test('a session that is silent is asked whether it is there, and goes on', async () => {
  let answer: () => void = () => {};
  const origin = await httpOrigin((request, response) => {
    request.resume();
    answer = () => response.end('late');
  });
  const rig = await startHttpsRig({ origins: [origin.port], timeouts: { sessionSilence: 50 } });
  const client = await openRequest(rig);
  const pings = () => client.frames.filter(({ type, flags }) => type === FRAME.ping && flags === 0).length;
  // Nor does it need to answer.
  await eventually(() => pings() >= 4);
  client.send(frame(FRAME.data, END_STREAM, 1));
  answer();
  const { payload } = await client.receive(({ type, stream }) => type === FRAME.data && stream === 1);
  expect(String(payload)).toBe('late');
});
