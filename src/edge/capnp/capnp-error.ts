/** A message that breaks the Cap'n Proto encoding or one of our limits. Nothing else is thrown while decoding. */
export class CapnpError extends Error {
  override readonly name = 'CapnpError';
}
