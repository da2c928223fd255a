import { type BodyReader, type ForwardPiece, slice } from './body-reader.js';

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
