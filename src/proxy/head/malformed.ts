/** The statuses that a request can be refused with before it has a destination. */
export type RefusalStatus = 400 | 417 | 431 | 501 | 505;

/** What a peer sent breaks a rule of the message syntax; for a response the status has no meaning. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
  constructor(
    readonly status: RefusalStatus,
    message: string,
  ) {
    super(message);
  }
}
