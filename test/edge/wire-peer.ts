import { createHash } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { ACCOUNT, type TestEdge, type TestTunnel, until } from './fixture.js';
import { fromConnector } from './golden.js';
import { secureSocket } from './raw-connector.js';

/** Types of HTTP/2 frames, RFC 9113 section 6. */
export const FRAME = { data: 0, headers: 1, resetStream: 3, settings: 4, ping: 6, windowUpdate: 8 } as const;
export const END_HEADERS = 4;
/** `:status: 200` in HPACK: one entry of the static table. */
export const STATUS_200 = Buffer.from([0x88]);

export interface WireFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** The serving side of a connection to the edge, frame by frame: it can say what no HTTP/2 library would. */
export interface WirePeer {
  readonly socket: TLSSocket;
  send(type: number, flags: number, streamId: number, payload?: Buffer): void;
  /** The next frame of this type that the edge sends, or has sent and nobody has taken yet. */
  next(type: number): Promise<WireFrame>;
  readonly closed: Promise<void>;
}

const PREFACE_BYTES = 24;
const HEADER_BYTES = 9;

/** Sends its SETTINGS (pairs of id and value) at once, and reads everything; acknowledges nothing by itself. */
export async function openWirePeer(
  edge: TestEdge,
  settings: readonly [number, number][] = [],
): Promise<WirePeer> {
  const socket = await secureSocket(edge);
  const frames: WireFrame[] = [];
  let pending = Buffer.alloc(0);
  let skip = PREFACE_BYTES;
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    if (skip > 0 && pending.length >= skip) {
      pending = pending.subarray(skip);
      skip = 0;
    }
    for (let frame = skip === 0 && frameIn(pending); frame; frame = frameIn(pending)) {
      pending = pending.subarray(HEADER_BYTES + frame.payload.length);
      frames.push(frame);
    }
  });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const send: WirePeer['send'] = (type, flags, streamId, payload = Buffer.alloc(0)) => {
    const head = Buffer.alloc(HEADER_BYTES);
    head.writeUIntBE(payload.length, 0, 3);
    head.writeUInt8(type, 3);
    head.writeUInt8(flags, 4);
    head.writeUInt32BE(streamId, 5);
    socket.write(Buffer.concat([head, payload]));
  };
  send(FRAME.settings, 0, 0, settingsPayload(settings));
  return {
    socket,
    send,
    closed,
    async next(type) {
      const at = () => frames.findIndex((frame) => frame.type === type);
      await until(() => at() >= 0, `a frame of type ${type}`);
      return frames.splice(at(), 1)[0]!;
    },
  };
}

function settingsPayload(settings: readonly [number, number][]): Buffer {
  const payload = Buffer.alloc(settings.length * 6);
  settings.forEach(([id, value], i) => {
    payload.writeUInt16BE(id, i * 6);
    payload.writeUInt32BE(value, i * 6 + 2);
  });
  return payload;
}

function frameIn(bytes: Buffer): WireFrame | null {
  if (bytes.length < HEADER_BYTES) return null;
  const length = bytes.readUIntBE(0, 3);
  if (bytes.length < HEADER_BYTES + length) return null;
  return {
    type: bytes.readUInt8(3),
    flags: bytes.readUInt8(4),
    streamId: bytes.readUInt32BE(5) & 0x7fffffff,
    payload: bytes.subarray(HEADER_BYTES, HEADER_BYTES + length),
  };
}

/** The tunnel that the registration of the golden frames is for. */
export const addGoldenTunnel = (edge: TestEdge): TestTunnel =>
  edge.addTunnel({
    id: '11111111-2222-4333-8444-555555555555',
    accountId: ACCOUNT,
    secretSha256: createHash('sha256').update(Buffer.alloc(32, 7)).digest('hex'),
  });

/** Answers the control stream with the registration of the golden frames; resolves with the stream's id. */
export async function register(peer: WirePeer, edge: TestEdge, tunnel: TestTunnel): Promise<number> {
  const { streamId } = await peer.next(FRAME.headers);
  peer.send(FRAME.headers, END_HEADERS, streamId, STATUS_200);
  peer.send(FRAME.data, 0, streamId, Buffer.concat([fromConnector.bootstrap, fromConnector.register]));
  await until(() => edge.edge.connected(tunnel.id), 'the peer is registered');
  return streamId;
}
