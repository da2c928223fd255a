import path from 'node:path';
import type { START_FLAGS } from './flags.js';
import { UsageError, type Values } from './parse.js';
import { wrong } from './values.js';

/** What `--access-log` names: a file (absolute), or standard output with null as its file; null writes nothing. */
export type AccessLogTarget = { readonly file: string | null } | null;

export function accessLogTarget(
  { 'access-log': value, 'data-dir': dataDir, memory }: Values<typeof START_FLAGS>,
  resolved: (file: string) => string,
): AccessLogTarget {
  if (value === null) return null;
  if (value === 'stdout') return { file: null };
  const right = 'stdout or the path of a file';
  if (value.trim() === '' || value === '-' || value.endsWith('/')) throw wrong('access-log', value, right);
  const file = resolved(value);
  if (!memory && file.startsWith(`${resolved(dataDir)}${path.sep}`))
    throw wrong('access-log', value, 'a file outside of --data-dir, where the database alone writes');
  return { file };
}

/** What `--otlp-endpoint` and `--trace-share` say; null traces nothing. */
export type TracingTarget = { readonly endpoint: string; readonly share: number } | null;

export function tracingTarget(flags: Values<typeof START_FLAGS>): TracingTarget {
  const { 'otlp-endpoint': endpoint, 'trace-share': share } = flags;
  if (endpoint === null) {
    if (share !== null)
      throw new UsageError('--trace-share says which requests are traced; it takes --otlp-endpoint');
    return null;
  }
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.search !== '' || url.username !== '')
    throw wrong(
      'otlp-endpoint',
      endpoint,
      'the URL of a collector such as http://127.0.0.1:4318, without /v1/traces',
    );
  const part = Number(share ?? '1');
  if (share?.trim() === '' || !(part >= 0 && part <= 1))
    throw wrong('trace-share', share!, 'a number from 0 to 1');
  return { endpoint, share: part };
}
