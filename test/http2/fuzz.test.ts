import { afterEach, expect, test } from 'vitest';
import {
  FLAG,
  FRAME,
  PREFACE,
  settingsAckFrame,
  settingsFrame,
  windowUpdateFrame,
} from '../../src/tunnel/h2/frames.js';
import type { Http2Session } from '../../src/tunnel/h2/session.js';
import type { Http2Stream } from '../../src/tunnel/h2/stream.js';
import {
  cleanUp,
  ending,
  frame,
  GET,
  head,
  OK,
  ourClient,
  ourServer,
  ours,
  readAll,
  socketPair,
  u32,
} from './rig.js';

afterEach(cleanUp);

/** The same numbers for the same seed: mulberry32. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** A conversation that is right, as the other end of our role would say it. */
function conversation(role: 'client' | 'server', random: (below: number) => number): Buffer[] {
  const frames = [settingsFrame([[4, 100_000]]), settingsAckFrame()];
  for (let id = 1; id < 12; id += 2) {
    const fields = role === 'client' ? OK : GET;
    frames.push(
      head(id, [...fields, 'x-name', 'v'.repeat(random(300))]),
      frame(FRAME.DATA, 0, id, Buffer.alloc(random(2_000))),
      frame(FRAME.DATA, FLAG.PADDED, id, [3, 1, 2, 0, 0, 0]),
      windowUpdateFrame(id, 1 + random(1_000)),
      frame(FRAME.PING, 0, 0, Buffer.alloc(8)),
      random(2) ? frame(FRAME.DATA, FLAG.END_STREAM, id) : head(id, ['grpc-status', '0'], true),
    );
    if (random(4) === 0) frames.push(frame(FRAME.RST_STREAM, 0, id, u32(random(14))));
  }
  return frames;
}

function mutate(frames: Buffer[], random: (below: number) => number): Buffer {
  const mutated = frames.map((bytes) => Buffer.from(bytes));
  for (let i = random(4); i >= 0; i -= 1) {
    const at = random(mutated.length);
    const bytes = mutated[at]!;
    switch (random(6)) {
      case 0:
        bytes[random(bytes.length)] = random(256);
        break;
      case 1:
        mutated.splice(at, 1);
        break;
      case 2:
        mutated.splice(random(mutated.length), 0, bytes);
        break;
      case 3:
        mutated[at] = bytes.subarray(0, random(bytes.length));
        break;
      case 4:
        // Type or flags, which is where the rules are.
        bytes[3 + random(2)] = random(16);
        break;
      default:
        mutated.splice(at, 0, Buffer.from(Array.from({ length: random(40) }, () => random(256))));
    }
    if (mutated.length === 0) mutated.push(Buffer.from([0]));
  }
  return Buffer.concat(mutated);
}

/** Says `bytes` to a session of ours in random pieces, and waits until it has taken them all or ended. */
async function say(
  role: 'client' | 'server',
  bytes: Buffer,
  random: (below: number) => number,
): Promise<Http2Session> {
  const [near, far] = await socketPair();
  const session = ours(near, role);
  session.on('stream', (stream: Http2Stream) => {
    stream.on('error', () => {});
    stream.respond({ ':status': 200 });
    stream.pipe(stream);
  });
  if (role === 'client')
    for (let i = 0; i < 6; i += 1) {
      const stream = session.request({ ':authority': 'test' }).on('error', () => {});
      if (random(2)) stream.resume();
      stream.write('something');
    }
  const end = ending(session);
  far.resume();
  const whole = role === 'server' ? Buffer.concat([PREFACE, bytes]) : bytes;
  for (let at = 0; at < whole.length && far.writable; ) {
    const length = 1 + random(3_000);
    far.write(whole.subarray(at, at + length));
    at += length;
    if (random(3) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  far.end();
  await end;
  return session;
}

test.each(['client', 'server'] as const)(
  'mutated conversations end in good order, and never in an exception: our %s',
  async (role) => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const random = randomOf(seed);
      const session = await say(role, mutate(conversation(role, random), random), random);
      expect(session.destroyed, `seed ${seed}`).toBe(true);
    }
  },
);

test('a conversation that is not mutated is understood', async () => {
  const { client, peer } = await ourClient();
  const streams = Array.from({ length: 6 }, () => client.request({ ':authority': 'test' }));
  for (const stream of streams) stream.on('error', () => {});
  await peer.heard(FRAME.HEADERS, ({ streamId }) => streamId === 11);
  peer.write(...conversation('client', () => 1).slice(2));
  for (const stream of streams) expect(await readAll(stream)).toHaveLength(3);
  const { server, peer: asking } = await ourServer();
  const served: Promise<Buffer>[] = [];
  server.on('stream', (stream: Http2Stream) => served.push(readAll(stream)));
  asking.write(...conversation('server', () => 1).slice(2));
  await asking.heard(FRAME.PING, ({ flags }) => flags === FLAG.ACK);
  expect((await Promise.all(served)).map(({ length }) => length)).toEqual([3, 3, 3, 3, 3, 3]);
});
