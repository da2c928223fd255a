import { once } from 'node:events';
import http2, { type ClientHttp2Session, type ServerHttp2Session } from 'node:http2';
import net, { type AddressInfo, type Socket } from 'node:net';
import {
  FRAME_HEADER_BYTES,
  headersFrames,
  PREFACE,
  settingsAckFrame,
  settingsFrame,
} from '../../src/tunnel/h2/frames.js';
import { encodeFields } from '../../src/tunnel/h2/hpack.js';
import { Http2Session } from '../../src/tunnel/h2/session.js';
import type { Http2Stream } from '../../src/tunnel/h2/stream.js';

const cleanups: (() => unknown)[] = [];

/** For `afterEach`. */
export async function cleanUp(): Promise<void> {
  for (const task of cleanups.splice(0).reverse()) await task();
}

/** Both ends of one TCP connection. */
export async function socketPair(): Promise<[Socket, Socket]> {
  const server = net.createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const near = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [
    [Socket],
    unknown,
  ];
  server.close();
  for (const socket of [near, far]) {
    socket.setNoDelay(true);
    socket.on('error', () => {});
    cleanups.push(() => socket.destroy());
  }
  return [near, far];
}

export function ours(socket: Socket, role: 'client' | 'server'): Http2Session {
  const session = new Http2Session(socket, { role });
  session.on('error', () => {});
  cleanups.push(() => session.destroy());
  return session;
}

/** What a session ended with; undefined when there was no error. */
export function ending(session: Http2Session): Promise<Error | undefined> {
  return new Promise((resolve) => {
    let failure: Error | undefined;
    session.once('error', (error) => {
      failure = error;
    });
    session.once('close', () => resolve(failure));
  });
}

export async function ourClientAndNodeServer(
  options: http2.ServerOptions = {},
): Promise<{ client: Http2Session; server: ServerHttp2Session }> {
  const [near, far] = await socketPair();
  const server = http2.performServerHandshake(far, options);
  server.on('error', () => {});
  return { client: ours(near, 'client'), server };
}

export async function nodeClientAndOurServer(
  options: http2.ClientSessionOptions = {},
): Promise<{ client: ClientHttp2Session; server: Http2Session }> {
  const [near, far] = await socketPair();
  const client = http2.connect('http://test', { ...options, createConnection: () => near });
  client.on('error', () => {});
  cleanups.push(() => client.destroy());
  return { client, server: ours(far, 'server') };
}

export async function bothOurs(): Promise<{ client: Http2Session; server: Http2Session }> {
  const [near, far] = await socketPair();
  return { client: ours(near, 'client'), server: ours(far, 'server') };
}

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** A peer that says whatever a test wants, and keeps what it hears. */
export interface RawPeer {
  readonly socket: Socket;
  readonly frames: Frame[];
  write(...bytes: Buffer[]): void;
  /** The first frame of this type, now or later. */
  heard(type: number, matches?: (frame: Frame) => boolean): Promise<Frame>;
}

export function rawPeer(socket: Socket, role: 'client' | 'server'): RawPeer {
  const frames: Frame[] = [];
  const waiters: (() => void)[] = [];
  let bytes = Buffer.alloc(0);
  let skip = role === 'server' ? PREFACE.length : 0;
  socket.on('data', (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length < skip) return;
    bytes = bytes.subarray(skip);
    skip = 0;
    while (bytes.length >= FRAME_HEADER_BYTES) {
      const length = bytes.readUIntBE(0, 3);
      if (bytes.length < FRAME_HEADER_BYTES + length) break;
      frames.push({
        type: bytes[3]!,
        flags: bytes[4]!,
        streamId: bytes.readUInt32BE(5),
        payload: bytes.subarray(FRAME_HEADER_BYTES, FRAME_HEADER_BYTES + length),
      });
      bytes = bytes.subarray(FRAME_HEADER_BYTES + length);
    }
    for (const wake of waiters.splice(0)) wake();
  });
  if (role === 'client') socket.write(PREFACE);
  socket.write(Buffer.concat([settingsFrame([]), settingsAckFrame()]));
  return {
    socket,
    frames,
    write: (...all) => void socket.write(Buffer.concat(all)),
    async heard(type, matches = () => true) {
      for (;;) {
        const found = frames.find((frame) => frame.type === type && matches(frame));
        if (found) return found;
        await new Promise<void>((resolve) => waiters.push(resolve));
      }
    },
  };
}

/** Our client and a raw server. */
export async function ourClient(): Promise<{ client: Http2Session; peer: RawPeer }> {
  const [near, far] = await socketPair();
  return { client: ours(near, 'client'), peer: rawPeer(far, 'server') };
}

/** Our server and a raw client. */
export async function ourServer(): Promise<{ server: Http2Session; peer: RawPeer }> {
  const [near, far] = await socketPair();
  return { server: ours(near, 'server'), peer: rawPeer(far, 'client') };
}

/** Any frame, right or wrong. */
export function frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Buffer | number[] = [],
): Buffer {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(FRAME_HEADER_BYTES);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, body]);
}

export const head = (streamId: number, fields: string[], endStream = false): Buffer =>
  headersFrames(streamId, encodeFields(fields), endStream, 16_384);

export const GET = [':method', 'GET', ':scheme', 'https', ':path', '/', ':authority', 'test'];
export const OK = [':status', '200'];

export const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

export async function readAll(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The error that a stream ends with; rejects when it closes without one. */
export function failure(stream: Http2Stream): Promise<Error & { code?: number }> {
  return new Promise((resolve, reject) => {
    stream.once('error', resolve);
    stream.once('close', () => reject(new Error('closed without an error')));
  });
}

/** Resolves as soon as `condition` holds. */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 100_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never came true: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
