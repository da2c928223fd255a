import type { Affinity } from './policies.js';

/** Seconds that a session may live, and does when nothing else is said. */
export interface AffinityTtl {
  readonly minimum: number;
  readonly maximum: number;
  readonly initial: number;
}

const COOKIE: AffinityTtl = { minimum: 1_800, maximum: 604_800, initial: 82_800 };

/** By the kind of affinity: those with a cookie live from their beginning, those with headers from their last use. */
export const AFFINITY_TTL = {
  cookie: COOKIE,
  ip_cookie: COOKIE,
  header: { minimum: 30, maximum: 3_600, initial: 1_800 },
} as const satisfies Record<Exclude<Affinity, 'none'>, AffinityTtl>;
