/** One error that a client of the API can see. */
export interface ErrorRow {
  readonly status: number;
  readonly code: number;
  /** Where status, code and text come from; a row marked "unverified" has a number or text that nobody has seen on Cloudflare's wire. */
  readonly source: string;
  readonly text: (detail: string) => string;
  /** Seconds after which the same request may succeed: the answer's `Retry-After`. */
  readonly retryAfter?: number;
  /** Clients that repeat requests by themselves are told not to. */
  readonly repeat?: false;
  /** A second, more precise cause, as Cloudflare's gateway gives it. */
  readonly chain?: { readonly code: number; readonly message: string };
}

/** A text without a detail. */
export const as = (text: string) => () => text;
