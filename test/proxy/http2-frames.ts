import type { EventEmitter } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { tlsClient } from './https-rig.js';
import type { Rig } from './rig.js';

/** HTTP/2 frame by frame (RFC 9113 section 4), for what a well-behaved client would never send. */
export const FRAME = {
  data: 0,
  headers: 1,
  reset: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  window: 8,
  continuation: 9,
};
export const END_STREAM = 1;
export const END_HEADERS = 4;

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Buffer = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Fields as HPACK literals that are not indexed (RFC 7541 section 6.2.2). */
export function hpack(fields: readonly (readonly [name: string, value: string])[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), literal(name), literal(value)]));
}

function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest >>>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export interface FrameClient {
  readonly socket: TLSSocket;
  /** That have come so far. */
  readonly frames: readonly Frame[];
  send(...frames: readonly Buffer[]): void;
  /** Resolves with the first frame, of those that have come and will come, for which `wanted` is true. */
  receive(wanted: (frame: Frame) => boolean): Promise<Frame>;
  /** Resolves with all frames when the connection is closed. */
  closed(): Promise<readonly Frame[]>;
}

/** Connected, with its preface and empty SETTINGS sent. */
export async function frameClient(rig: Rig): Promise<FrameClient> {
  const socket = await tlsClient(rig, 'h2');
  const frames: Frame[] = [];
  let pending: Buffer = Buffer.alloc(0);
  const gone = told(socket, 'close');
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    while (pending.length >= 9 && pending.length >= 9 + pending.readUIntBE(0, 3)) {
      const length = pending.readUIntBE(0, 3);
      frames.push({
        type: pending[3]!,
        flags: pending[4]!,
        stream: pending.readUInt32BE(5),
        payload: pending.subarray(9, 9 + length),
      });
      pending = pending.subarray(9 + length);
    }
    socket.emit('frames');
  });
  socket.write(PREFACE);
  socket.write(frame(FRAME.settings, 0, 0));
  return {
    socket,
    frames,
    send: (...bytes) => void socket.write(Buffer.concat(bytes)),
    async receive(wanted) {
      for (;;) {
        const found = frames.find(wanted);
        if (found) return found;
        await Promise.race([
          told(socket, 'frames'),
          gone.then(() => {
            if (!frames.some(wanted)) throw new Error(`closed after ${frames.length} frames`);
          }),
        ]);
      }
    },
    async closed() {
      await gone;
      return frames;
    },
  };
}

/** As `once`, but an error meanwhile is none of its business. */
export function told(emitter: EventEmitter, event: string): Promise<void> {
  return new Promise((resolve) => emitter.once(event, () => resolve()));
}

/** The error code with which the connection was given up; null without a GOAWAY. */
export function goawayCode(frames: readonly Frame[]): number | null {
  const last = frames.filter(({ type }) => type === FRAME.goaway).at(-1);
  return last ? last.payload.readUInt32BE(4) : null;
}
