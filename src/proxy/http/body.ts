import type { TrailerReader } from './fields.js';
import { CR, FIELD_VALUE, LF, Malformed } from './syntax.js';

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
function slice(bytes: Buffer, start: number, end: number): Buffer {
  return start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end);
}

/** A body of a known number of bytes; of `Infinity` when it goes on until the connection closes. */
export class LengthReader implements BodyReader {
  constructor(private left: number) {}

  get complete(): boolean {
    return this.left === 0;
  }

  read(bytes: Buffer, start: number, forward: ForwardPiece): number {
    const end = Math.min(bytes.length, start + this.left);
    this.left -= end - start;
    if (end > start) forward(slice(bytes, start, end));
    return end;
  }
}

const MAX_SIZE_DIGITS = 12;
const MAX_EXTENSION_BYTES = 256;
const MAX_TRAILER_BYTES = 8 * 1024;
const SEMICOLON = 59;

type State =
  | 'size'
  | 'extension'
  | 'size_lf'
  | 'data'
  | 'data_cr'
  | 'data_lf'
  | 'trailer_start'
  | 'trailer'
  | 'trailer_lf'
  | 'last_lf'
  | 'complete';

/**
 * A chunked body, checked byte by byte. With `framed` the pieces keep the chunk framing, so that they can be sent on as
 * they came; otherwise they are the data alone. What `readTrailers` lets pass of the trailers comes among the framed pieces,
 * or else in `trailers`.
 */
export class ChunkedReader implements BodyReader {
  private state: State = 'size';
  private size = 0;
  private sizeDigits = 0;
  private extensionBytes = 0;
  private trailerBytes = 0;
  private trailerLines = '';
  /** Field lines, each with its CRLF; of a complete body only. */
  trailers = '';

  constructor(
    private readonly framed: boolean,
    private readonly readTrailers: TrailerReader,
  ) {}

  get complete(): boolean {
    return this.state === 'complete';
  }

  read(bytes: Buffer, start: number, forward: ForwardPiece): number {
    const pieces: Buffer[] = [];
    const end = this.scan(bytes, start, pieces);
    // Only now: nothing of a buffer with broken framing may go on.
    for (const piece of pieces) forward(piece);
    return end;
  }

  /** Adds each stretch that goes on to `pieces`; returns the index behind the body, or the length. */
  private scan(bytes: Buffer, start: number, pieces: Buffer[]): number {
    const keep = (from: number, to: number) => {
      if (to > from) pieces.push(slice(bytes, from, to));
    };
    let at = start;
    /** Where the stretch began that is not handed on yet. */
    let from = start;
    while (at < bytes.length && this.state !== 'complete') {
      switch (this.state) {
        case 'size':
          this.readSizeByte(bytes[at++]!);
          break;
        case 'extension':
          this.readExtensionByte(bytes[at++]!);
          break;
        case 'size_lf':
          expectByte(bytes[at++]!, LF);
          this.state = this.size === 0 ? 'trailer_start' : 'data';
          if (!this.framed) from = at;
          break;
        case 'data': {
          const taken = Math.min(this.size, bytes.length - at);
          at += taken;
          this.size -= taken;
          if (this.size > 0) break;
          if (!this.framed) keep(from, at);
          this.state = 'data_cr';
          break;
        }
        case 'data_cr':
          expectByte(bytes[at++]!, CR);
          this.state = 'data_lf';
          break;
        case 'data_lf':
          expectByte(bytes[at++]!, LF);
          this.state = 'size';
          this.sizeDigits = 0;
          break;
        case 'trailer_start':
          if (bytes[at] === CR) {
            if (this.trailerLines !== '') this.trailers = this.readTrailers(this.trailerLines);
            // What stood before them has been handed on.
            if (this.framed && this.trailers !== '') pieces.push(Buffer.from(this.trailers, 'latin1'));
            at++;
            this.state = 'last_lf';
            break;
          }
          // The trailer ends one stretch; the next begins with the CRLF behind it.
          if (this.framed) keep(from, at);
          this.state = 'trailer';
          break;
        case 'trailer':
          this.readTrailerByte(bytes[at++]!);
          break;
        case 'trailer_lf':
          expectByte(bytes[at++]!, LF);
          from = at;
          this.state = 'trailer_start';
          break;
        case 'last_lf':
          expectByte(bytes[at++]!, LF);
          if (this.framed) keep(from, at);
          this.state = 'complete';
          break;
      }
    }
    if (this.goesOn(from, at)) keep(from, at);
    return at;
  }

  /** Whether the stretch at the end of the buffer must be handed on although its line or chunk is not complete. */
  private goesOn(from: number, at: number): boolean {
    if (from === at || this.state === 'complete') return false;
    if (this.framed) return this.state !== 'trailer' && this.state !== 'trailer_lf';
    return this.state === 'data';
  }

  private readSizeByte(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      if (this.sizeDigits === 0) this.size = 0;
      if (++this.sizeDigits > MAX_SIZE_DIGITS) throw new Malformed(400, 'the chunk size is too long');
      this.size = this.size * 16 + digit;
      return;
    }
    if (this.sizeDigits === 0 || (byte !== CR && byte !== SEMICOLON)) {
      throw new Malformed(400, 'the chunk size is not hexadecimal');
    }
    this.extensionBytes = 0;
    this.state = byte === CR ? 'size_lf' : 'extension';
  }

  private readExtensionByte(byte: number): void {
    if (byte === CR) this.state = 'size_lf';
    else if (FIELD_VALUE[byte] !== 1 || ++this.extensionBytes > MAX_EXTENSION_BYTES) {
      throw new Malformed(400, 'the chunk extension has a control character or is too long');
    }
  }

  private readTrailerByte(byte: number): void {
    if (byte === CR) this.state = 'trailer_lf';
    else if (FIELD_VALUE[byte] !== 1 || ++this.trailerBytes > MAX_TRAILER_BYTES) {
      throw new Malformed(400, 'the trailer has a control character or is too long');
    }
    this.trailerLines += byte === CR ? '\r\n' : String.fromCharCode(byte);
  }
}

function expectByte(byte: number, expected: number): void {
  if (byte !== expected) throw new Malformed(400, 'a chunk does not end with CRLF where its size says');
}

function hexDigit(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const lower = byte | 0x20;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}
