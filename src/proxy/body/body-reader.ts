/** Takes one piece of a body that shall go on to the other side. */
export type ForwardPiece = (piece: Buffer) => void;

/** Finds the end of one message body in a stream of buffers. */
export interface BodyReader {
  /** The last byte was read. */
  readonly complete: boolean;
  /**
   * Reads `bytes` from `start`, hands on what belongs to the body, and returns the index behind the last byte that does.
   * Throws Malformed before handing on anything of `bytes` when the framing is broken.
   */
  read(bytes: Buffer, start: number, forward: ForwardPiece): number;
}

/** The part of a buffer, without making a new one when it is the whole. */
export function slice(bytes: Buffer, start: number, end: number): Buffer {
  return start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end);
}
