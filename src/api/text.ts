import { z } from 'zod';

const LONE_SURROGATE = /\p{Surrogate}/u;

/** Text that a client may store: PostgreSQL keeps neither NUL nor half a character, so both are refused where they come in. */
export const text = (maximum: number) =>
  z
    .string({ error: expected('a string') })
    .max(maximum, `must be at most ${maximum} characters`)
    .refine((value) => !value.includes('\0'), 'must not contain NUL characters')
    .refine((value) => !LONE_SURROGATE.test(value), 'must be valid Unicode text');

/** Wording for a member that is absent or of another type: `name is required`, `name must be a string`. */
export const expected = (what: string) => (issue: { readonly input?: unknown }) =>
  issue.input === undefined ? 'is required' : `must be ${what}`;

/** An integer field with the wording of the API's range errors. */
export const integer = (minimum: number, maximum: number) => {
  const range = `is not in range [${minimum}, ${maximum}]`;
  return z.int('must be an integer').min(minimum, range).max(maximum, range);
};

/** A fraction such as a weight: 0..1 in steps. */
export const fraction = (steps: number) =>
  z
    .number('must be a number')
    .min(0, 'is not in range [0, 1]')
    .max(1, 'is not in range [0, 1]')
    .refine(
      (value) => Math.abs(value * steps - Math.round(value * steps)) < 1e-9,
      `must be a multiple of ${1 / steps}`,
    );

/** `true`/`false` in a query string. */
export const flag = z.enum(['true', 'false']).transform((value) => value === 'true');
