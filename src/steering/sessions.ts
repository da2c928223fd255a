import type { LiveLoadBalancer, LiveSettings } from '../live/snapshot.js';
import type { RequestContext } from './visit.js';

/** The origin that a session keeps to. */
export interface Pin {
  readonly poolId: string;
  readonly originKey: string;
}

/** Session affinity: which origin a request is pinned to, and how one becomes so. */
export interface Sessions {
  /** The pin that the request carries; null when it carries none, or none that is good. */
  find(loadBalancer: LiveLoadBalancer, settings: LiveSettings, context: RequestContext): Pin | null;
  /**
   * Pins the session of the request to an origin. Answers the value of the Set-Cookie header that its response must have;
   * null when the session needs none.
   */
  pin(
    loadBalancer: LiveLoadBalancer,
    settings: LiveSettings,
    context: RequestContext,
    pin: Pin,
  ): string | null;
}

/** Where no sessions are kept. */
export const NO_SESSIONS: Sessions = { find: () => null, pin: () => null };
