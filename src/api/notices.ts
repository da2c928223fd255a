import type { Message } from './envelope.js';

/**
 * What the answer to a request that was taken says in `messages`, by code. All are Offramp's own: Cloudflare leaves the list
 * empty. cloudflared expects nothing but text in it, so answers that it reads carry none.
 */
const NOTICES = {
  /** A value, or a part of it, is stored and shown, and nothing acts on it. */
  no_effect_yet: 10_501,
  /** Where a load balancer of an account is reached. */
  reached_at: 10_502,
  /** A connector goes by another configuration than its tunnel's newest. */
  configuration_not_applied: 10_503,
  /** An origin has an address that is not dialled. */
  not_dialled: 10_504,
  /** What a clock has made due was not awaited. */
  clock_hurried: 10_505,
  /** Of two things with one name the other is followed. */
  takes_precedence: 10_506,
} as const;

export const notice = (kind: keyof typeof NOTICES, message: string): Message => ({
  code: NOTICES[kind],
  message,
});
