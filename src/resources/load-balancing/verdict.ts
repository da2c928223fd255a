import { z } from 'zod';
import type { OriginHealthReport } from '../../bridge/messages.js';

/** What checks have found of a pool: one object for each origin, with its address as the only key. */
export const poolVerdict = z.object({
  healthy: z.boolean(),
  origins: z.array(
    z.record(
      z.string(),
      z.object({
        healthy: z.boolean(),
        rtt: z.string(),
        failure_reason: z.string(),
        failure_detail: z.string().optional(),
        response_code: z.int(),
      }),
    ),
  ),
});

export type PoolVerdict = z.output<typeof poolVerdict>;

export function verdictsOf(origins: readonly OriginHealthReport[]): PoolVerdict['origins'] {
  return origins.map(({ address, state, rttMs, failureReason, failureDetail, responseCode }) => ({
    [address]: {
      healthy: state === 'healthy',
      rtt: goDuration(rttMs ?? 0),
      failure_reason: failureReason,
      ...(failureDetail === null ? {} : { failure_detail: failureDetail }),
      response_code: responseCode,
    },
  }));
}

/** Milliseconds as Go prints a duration: `0s`, `850µs`, `12.1ms`, `1.204s`. */
export function goDuration(ms: number): string {
  const micros = Math.round(ms * 1000);
  if (micros <= 0) return '0s';
  if (micros < 1000) return `${micros}µs`;
  const tenths = Math.round(ms * 10) / 10;
  return tenths < 1000 ? `${tenths}ms` : `${Math.round(ms) / 1000}s`;
}
