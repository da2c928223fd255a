import { z } from 'zod';

/**
 * RFC 3339 in UTC with microseconds, as both API families print it. Stored times have milliseconds, so the last three
 * digits are always 0 and the text of a moment never changes between two answers.
 */
export function timestamp(date: Date): string {
  return date.toISOString().replace('Z', '000Z');
}

export const timestampOrNull = (date: Date | null) => (date === null ? null : timestamp(date));

export const timestampSchema = z.string().describe('RFC 3339, UTC, microseconds');
