import { z } from 'zod';
import { decodedFilter } from './doubly-encoded.js';

/**
 * RFC 3339 in UTC with microseconds, as both API families print it. Stored times have milliseconds, so the last three
 * digits are always 0 and the text of a moment never changes between two answers.
 */
export function timestamp(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}

export const timestampOrNull = (date: Date | null) => (date === null ? null : timestamp(date));

export const timestampSchema = z
  .string()
  .meta({ format: 'date-time', description: 'RFC 3339, UTC, microseconds' });

/** A moment in a query string, RFC 3339 with any offset, also encoded once more. Only years that PostgreSQL can print back as RFC 3339. */
export const moment = z.preprocess(
  (value) => (typeof value === 'string' ? decodedFilter(value) : value),
  z.iso
    .datetime({ offset: true, error: 'must be a time such as 2026-01-31T12:00:00Z' })
    .transform((text) => new Date(text))
    .refine((date) => date.getUTCFullYear() >= 1 && date.getUTCFullYear() <= 9999, 'is out of range'),
);
