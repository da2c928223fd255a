import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import {
  CODE,
  DEFAULT_WINDOW,
  FLAG,
  FRAME,
  pingFrame,
  SETTING,
  settingsFrame,
  windowUpdateFrame,
} from '../../src/tunnel/h2/frames.js';
import type { Http2Session } from '../../src/tunnel/h2/session.js';
import type { Http2Stream } from '../../src/tunnel/h2/stream.js';
import {
  cleanUp,
  type Frame,
  ourClient,
  ourClientAndNodeServer,
  type RawPeer,
  readAll,
  until,
} from './rig.js';

const WINDOW = 1024 * 1024;

afterEach(cleanUp);

/** A peer whose streams have a window as large as the session's, as Go's HTTP/2 server and so cloudflared has it. */
async function startPeer(): Promise<{ client: Http2Session; peer: RawPeer }> {
  const { client, peer } = await ourClient();
  peer.write(
    settingsFrame([[SETTING.INITIAL_WINDOW_SIZE, WINDOW]]),
    windowUpdateFrame(0, WINDOW - DEFAULT_WINDOW),
  );
  await until(() => client.remoteSettings.initialWindowSize === WINDOW);
  return { client, peer };
}

function upload(client: Http2Session, bytes: number): Http2Stream {
  const stream = client.request({ ':authority': 'test', ':method': 'POST' });
  stream.on('error', () => {});
  stream.end(Buffer.alloc(bytes));
  return stream;
}

/** Bytes of DATA that the peer has got on a stream, and whether their end has come. */
function arrived(peer: RawPeer, id: number): { bytes: number; ended: boolean } {
  const data = peer.frames.filter(({ type, streamId }) => type === FRAME.DATA && streamId === id);
  return {
    bytes: data.reduce((sum, { payload }) => sum + payload.length, 0),
    ended: data.some(({ flags }) => (flags & FLAG.END_STREAM) !== 0),
  };
}

/** Waits until everything that our side can send has arrived. */
async function settled(client: Http2Session, peer: RawPeer): Promise<void> {
  let pings = 0;
  for (let round = 0; round < 5; round += 1) {
    client.ping(() => {});
    const isPing = ({ type, flags }: Frame) => type === FRAME.PING && (flags & FLAG.ACK) === 0;
    await until(() => peer.frames.filter(isPing).length > pings);
    pings = peer.frames.filter(isPing).length;
    peer.write(pingFrame(peer.frames.filter(isPing).at(-1)!.payload, true));
  }
}

test('an upload that nobody reads takes half of the window of a session, and others go on', async () => {
  const { client, peer } = await startPeer();
  const stuck = upload(client, 4 * WINDOW);
  await settled(client, peer);
  expect(arrived(peer, stuck.id).bytes).toBe(WINDOW / 2);

  const other = upload(client, 50_000);
  await settled(client, peer);
  expect(arrived(peer, other.id)).toEqual({ bytes: 50_000, ended: true });
});

test.each(['at once', 'one after another'])(
  'twenty uploads that come %s and that nobody reads leave room for the next request',
  async (how) => {
    const { client, peer } = await startPeer();
    const stuck: Http2Stream[] = [];
    for (let i = 0; i < 20; i += 1) {
      stuck.push(upload(client, WINDOW));
      if (how === 'one after another') await settled(client, peer);
    }
    await settled(client, peer);
    const held = stuck.reduce((sum, { id }) => sum + arrived(peer, id).bytes, 0);
    expect(held).toBeLessThan(WINDOW);
    const next = upload(client, 2_000);
    await settled(client, peer);
    expect(arrived(peer, next.id)).toEqual({ bytes: 2_000, ended: true });
  },
);

test('uploads that wait for their share go on as soon as a window comes back, whichever it is', async () => {
  const { client, peer } = await startPeer();
  const [first, second] = [upload(client, WINDOW), upload(client, WINDOW)];
  await settled(client, peer);
  const before = arrived(peer, second.id).bytes;
  expect(before).toBeLessThan(WINDOW / 2);

  // The first is read: its bytes come back to the session and to its stream.
  const read = arrived(peer, first.id).bytes;
  peer.write(windowUpdateFrame(0, read), windowUpdateFrame(first.id, read));
  await settled(client, peer);
  expect(arrived(peer, first.id).bytes).toBeGreaterThan(read);

  // It is given up: what the peer held of it comes back to the session alone.
  const held = arrived(peer, first.id).bytes - read;
  first.close(CODE.CANCEL);
  peer.write(windowUpdateFrame(0, held));
  await settled(client, peer);
  expect(arrived(peer, second.id).bytes).toBe(WINDOW / 2);
});

test('an upload whose bytes are returned in small steps goes through whole', async () => {
  const { client, peer } = await startPeer();
  const stuck = Array.from({ length: 4 }, () => upload(client, WINDOW));
  await settled(client, peer);
  const { id } = upload(client, 2 * WINDOW);
  for (let read = 0; !arrived(peer, id).ended; ) {
    const { bytes, ended } = arrived(peer, id);
    // As Go does it, less than 4 KiB are kept back.
    if (bytes - read >= 4_096 && !ended) {
      peer.write(windowUpdateFrame(0, bytes - read), windowUpdateFrame(id, bytes - read));
      read = bytes;
    }
    await settled(client, peer);
  }
  expect(arrived(peer, id).bytes).toBe(2 * WINDOW);
  for (const { id: other } of stuck) expect(arrived(peer, other).ended).toBe(false);
});

test.each([1, 5])('a peer that tells streams later than the session gets %i uploads whole', async (count) => {
  // Each stream has a window that never runs out, so that only the session's is ever given back.
  const { client, server } = await ourClientAndNodeServer({
    settings: { initialWindowSize: 16 * WINDOW },
  });
  const bodies: Promise<Buffer>[] = [];
  server.on('stream', (stream) => bodies.push(readAll(stream)));
  await once(server, 'remoteSettings');
  const streams = Array.from({ length: count }, () => upload(client, WINDOW));
  await Promise.all(streams.map((stream) => once(stream, 'finish')));
  await until(() => bodies.length === count);
  for (const body of bodies) expect((await body).length).toBe(WINDOW);
});
