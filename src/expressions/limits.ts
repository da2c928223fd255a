/** Characters of one expression, as Cloudflare has it. */
export const MAX_LENGTH = 4096;

/** Parentheses, `not` and calls inside one another, as Cloudflare's engine has it. */
export const MAX_DEPTH = 128;

/** Bytes that a function may make, or values in an array; what is longer is a missing value. Nested calls would multiply it without end. */
export const MAX_MADE_BYTES = 128 * 1024;
