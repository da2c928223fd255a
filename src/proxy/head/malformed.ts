/** The statuses that a request can be refused with before it has a destination. */
export type RefusalStatus = 400 | 417 | 431 | 501 | 505;

/** What a peer sent breaks a rule of the message syntax; for a response the status has no meaning. */
export class Malformed extends Error {
  override readonly name: string = 'Malformed';
  constructor(
    readonly status: RefusalStatus,
    message: string,
  ) {
    super(message);
  }
}

/** A head is larger than a limit. The message names the limit and its value, and has no text of the peer. */
export class HeadTooLarge extends Malformed {
  override readonly name = 'HeadTooLarge';
  constructor(message: string) {
    super(431, message);
  }
}

export const headTooLong = (headBytes: number) =>
  new HeadTooLarge(`the header is longer than the limit of ${headBytes} bytes`);

export const tooManyFields = (fieldCount: number) =>
  new HeadTooLarge(`the header has more fields than the limit of ${fieldCount}`);

/** The status of a response is a number that is no status code of HTTP (RFC 9110, section 15). */
export class InvalidStatus extends Error {
  override readonly name = 'InvalidStatus';
  constructor(status: string) {
    super(`the status is ${status.slice(0, 20)}, which is outside of 100 to 599`);
  }
}
