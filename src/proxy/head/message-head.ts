const NO_BYTES = Buffer.alloc(0);
/** Shorter stretches are copied faster byte by byte than by a call of the system's library. */
const LOOPED_BYTES = 48;

/** What the framing and connection fields of a head said, and the fields that go on. */
export class MessageHead {
  /** Null when there is no Content-Length. */
  contentLength: number | null = null;
  chunked = false;
  /** Connection had `close`. */
  close = false;
  /** Connection had `keep-alive`. */
  keepAlive = false;
  /** Connection had `upgrade`. */
  connectionUpgrade = false;
  /** The Upgrade field, lower case; empty without one. */
  upgrade = '';
  /** Other names that Connection listed, lower case: fields for one hop only. */
  nominated: string[] | null = null;
  /** Stretches of these bytes go on: from, to, from, to. */
  private ranges: number[] | null = null;
  private lines: string | null = null;

  /** The fields that go on are found in `bytes`, which stay as they are for as long as anybody asks for the fields. */
  constructor(private readonly bytes: Buffer = NO_BYTES) {}

  /** The bytes from `start` to `end` go on. */
  passOn(start: number, end: number): void {
    if (this.ranges === null) this.ranges = [start, end];
    else this.ranges.push(start, end);
  }

  /** The fields without a role as they came, in latin1, each checked, each line with its CRLF. */
  get passedOn(): string {
    if (this.lines !== null) return this.lines;
    let lines = '';
    const { ranges, bytes } = this;
    if (ranges !== null)
      for (let i = 0; i < ranges.length; i += 2) lines += bytes.toString('latin1', ranges[i], ranges[i + 1]);
    this.lines = lines;
    return lines;
  }

  /** Others take their place. */
  set passedOn(lines: string) {
    this.lines = lines;
    this.ranges = null;
  }

  /** How many bytes `copyPassedOn` writes. */
  get passedOnBytes(): number {
    const { ranges } = this;
    if (ranges === null) return this.lines === null ? 0 : this.lines.length;
    let length = 0;
    for (let i = 0; i < ranges.length; i += 2) length += ranges[i + 1]! - ranges[i]!;
    return length;
  }

  /** Writes the fields that go on into `target` from `start`; returns the index behind them. */
  copyPassedOn(target: Buffer, start: number): number {
    const { ranges, bytes, lines } = this;
    if (ranges === null) return lines === null ? start : start + target.write(lines, start, 'latin1');
    let at = start;
    for (let i = 0; i < ranges.length; i += 2) {
      const from = ranges[i]!;
      const to = ranges[i + 1]!;
      if (to - from <= LOOPED_BYTES) for (let read = from; read < to; read++) target[at++] = bytes[read]!;
      else at += bytes.copy(target, at, from, to);
    }
    return at;
  }
}
