/** Characters of one expression, as Cloudflare has it. */
export const MAX_LENGTH = 4096;

/** Parentheses, `not`, calls and indexes inside one another. */
export const MAX_DEPTH = 64;

/** Bytes that a function may make; what is longer is a missing value. Nested calls would multiply it without end. */
export const MAX_MADE_BYTES = 128 * 1024;
