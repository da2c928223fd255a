/** Of a body that trickles in byte by byte, the objects would take far more memory than the bytes. */
const MAX_PIECES = 256;

/** The part of a request body that was read and may be needed once more, for another origin. */
export class RequestBody {
  /** In order; empty when there is no body, or when it is too long to be kept. */
  pieces: Buffer[] = [];
  /** The client has sent the last byte. */
  complete: boolean;
  /** Nothing of what was read has been given up. */
  replayable = true;
  private bytes = 0;

  constructor(
    expected: boolean,
    private readonly limit: number,
  ) {
    this.complete = !expected;
  }

  get overLimit(): boolean {
    return this.bytes > this.limit || this.pieces.length > MAX_PIECES;
  }

  keep(piece: Buffer): void {
    if (!this.replayable) return;
    this.pieces.push(piece);
    this.bytes += piece.length;
  }

  /** Once an origin has it all, a body that is too long is not kept any longer. */
  forgetIfOverLimit(): void {
    if (!this.overLimit) return;
    this.replayable = false;
    this.pieces = [];
  }
}
