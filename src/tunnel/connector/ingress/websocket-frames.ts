// The framing of RFC 6455, section 5.2, from the side of a server.

const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;
const KNOWN: ReadonlySet<number> = new Set(Object.values(OPCODE));
const MAX_CONTROL_BYTES = 125;

/** The peer broke the protocol; `code` is for the close frame. */
export class WebSocketError extends Error {
  override readonly name = 'WebSocketError';
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

interface FrameEvents {
  /** Bytes of binary messages, as they come: where a message ends is not told. */
  onData(bytes: Buffer): void;
  onPing(payload: Buffer): void;
  /** Nothing follows it. */
  onClose(): void;
}

interface WebSocketFrameReader {
  /** Throws a WebSocketError when the bytes break the protocol. */
  push(chunk: Buffer): void;
  /** Nothing of a message or a frame has come without its rest. */
  readonly betweenMessages: boolean;
}

interface Frame {
  readonly opcode: number;
  /** The last one of its message. */
  readonly final: boolean;
  readonly mask: Buffer;
  /** Bytes that are still to come. */
  left: number;
  /** Bytes that have come, for the mask. */
  done: number;
  /** Of a control frame, which is only understood whole. */
  readonly control: Buffer[];
}

const NOTHING = Buffer.alloc(0);

/** Reads the frames of a client. At most a part of a header, or of a control frame, is kept. */
export function createWebSocketFrameReader(events: FrameEvents): WebSocketFrameReader {
  let pending: Buffer = NOTHING;
  let frame: Frame | null = null;
  let closed = false;
  let messageOpen = false;

  /** Answers what is left of the chunk. */
  function takePayload(current: Frame, chunk: Buffer): Buffer {
    const bytes = unmask(chunk.subarray(0, current.left), current);
    current.left -= bytes.length;
    current.done += bytes.length;
    if (current.opcode >= OPCODE.close) current.control.push(bytes);
    else if (bytes.length > 0) events.onData(bytes);
    if (current.left === 0) finish(current);
    return chunk.subarray(bytes.length);
  }

  function finish({ opcode, control, final }: Frame): void {
    frame = null;
    if (opcode < OPCODE.close) messageOpen = !final;
    if (opcode === OPCODE.ping) events.onPing(Buffer.concat(control));
    if (opcode !== OPCODE.close) return;
    closed = true;
    events.onClose();
  }

  return {
    get betweenMessages() {
      return frame === null && pending.length === 0 && !messageOpen;
    },
    push(chunk) {
      let rest = pending.length > 0 ? Buffer.concat([pending, chunk]) : chunk;
      pending = NOTHING;
      while (!closed && (rest.length > 0 || frame)) {
        if (!frame) {
          const parsed = parseHead(rest);
          if (!parsed) {
            pending = rest;
            return;
          }
          frame = parsed.frame;
          rest = rest.subarray(parsed.length);
        }
        // An empty frame is over at once.
        if (rest.length === 0 && frame.left > 0) return;
        rest = takePayload(frame, rest);
      }
    },
  };
}

/** Null when the header is not there whole. */
function parseHead(bytes: Buffer): { readonly frame: Frame; readonly length: number } | null {
  if (bytes.length < 2) return null;
  const [first, second] = [bytes[0]!, bytes[1]!];
  const opcode = first & 0x0f;
  const short = second & 0x7f;
  checkHead(first, second);
  const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
  const length = 2 + lengthBytes + 4;
  if (bytes.length < length) return null;
  const left = lengthBytes === 0 ? short : readLength(bytes, lengthBytes);
  const mask = Buffer.from(bytes.subarray(length - 4, length));
  return { length, frame: { opcode, final: (first & 0x80) !== 0, mask, left, done: 0, control: [] } };
}

function readLength(bytes: Buffer, lengthBytes: number): number {
  return lengthBytes === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
}

function checkHead(first: number, second: number): void {
  const opcode = first & 0x0f;
  if ((first & 0x70) !== 0)
    throw new WebSocketError(1002, 'a frame with an extension that was not agreed on');
  if ((second & 0x80) === 0) throw new WebSocketError(1002, 'a frame of a client without a mask');
  if (opcode === OPCODE.text)
    throw new WebSocketError(1003, 'a text message, where only binary ones are taken');
  if (!KNOWN.has(opcode)) throw new WebSocketError(1002, `a frame of the unknown kind ${opcode}`);
  const isControl = opcode >= OPCODE.close;
  if (isControl && ((first & 0x80) === 0 || (second & 0x7f) > MAX_CONTROL_BYTES))
    throw new WebSocketError(
      1002,
      `a control frame that is in parts or has more than ${MAX_CONTROL_BYTES} bytes`,
    );
}

function unmask(bytes: Buffer, { mask, done }: Frame): Buffer {
  const plain = Buffer.allocUnsafe(bytes.length);
  for (let i = 0; i < bytes.length; i += 1) plain[i] = bytes[i]! ^ mask[(done + i) & 3]!;
  return plain;
}

function frameOf(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const head = Buffer.alloc(length < 126 ? 2 : length < 65_536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  head[1] = head.length === 2 ? length : head.length === 4 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

export const binaryFrame = (payload: Buffer): Buffer => frameOf(OPCODE.binary, payload);
export const webSocketPing = (): Buffer => frameOf(OPCODE.ping, NOTHING);
export const pongFrame = (payload: Buffer): Buffer => frameOf(OPCODE.pong, payload);

/** `code` as in RFC 6455, section 7.4.1. */
export function closeFrame(code: number): Buffer {
  const payload = Buffer.alloc(2);
  payload.writeUInt16BE(code);
  return frameOf(OPCODE.close, payload);
}
