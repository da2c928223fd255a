/** How a user stands after one more request. */
export interface RateVerdict {
  readonly blocked: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the window ends, rounded up. */
  readonly reset: number;
}

export interface RateLimitOptions {
  /** Requests of one user in one window. */
  readonly limit: number;
  /** Milliseconds that only go forward. */
  readonly now: () => number;
  readonly windowMs?: number;
  /** Users that are counted at once; beyond it the one with the oldest window is forgotten. */
  readonly maxUsers?: number;
}

export interface RateLimit {
  /** Counts a request. */
  take(user: string): RateVerdict;
  /** The window's length in seconds. */
  readonly window: number;
  /** Counts everybody from the beginning. */
  clear(): void;
}

const FIVE_MINUTES_MS = 300_000;

/**
 * Cloudflare's limit of its client API: so many requests of one user in five minutes; the one beyond blocks the user for
 * the next five (https://developers.cloudflare.com/fundamentals/api/reference/limits/).
 */
export function createRateLimit(options: RateLimitOptions): RateLimit {
  const { limit, now, windowMs = FIVE_MINUTES_MS, maxUsers = 10_000 } = options;
  // In the order in which the windows began.
  const windows = new Map<string, { count: number; end: number }>();

  function begin(user: string, count: number): { count: number; end: number } {
    windows.delete(user);
    if (windows.size >= maxUsers) windows.delete(windows.keys().next().value!);
    const window = { count, end: now() + windowMs };
    windows.set(user, window);
    return window;
  }

  return {
    window: Math.ceil(windowMs / 1000),
    clear: () => windows.clear(),
    take(user) {
      let window = windows.get(user);
      if (!window || window.end <= now()) window = begin(user, 0);
      window.count = Math.min(window.count + 1, limit + 2);
      if (window.count === limit + 1) window = begin(user, limit + 1);
      return {
        blocked: window.count > limit,
        limit,
        remaining: Math.max(0, limit - window.count),
        reset: Math.max(1, Math.ceil((window.end - now()) / 1000)),
      };
    },
  };
}

/** The headers of an answer: the older ones, and those of the IETF draft that Cloudflare has sent since 2025. */
export function rateHeaders({ blocked, limit, remaining, reset }: RateVerdict, window: number) {
  return {
    'x-ratelimit-limit': String(limit),
    'x-ratelimit-remaining': String(remaining),
    'x-ratelimit-reset': String(reset),
    ratelimit: `"default";r=${remaining};t=${reset}`,
    'ratelimit-policy': `"default";q=${limit};w=${window}`,
    ...(blocked ? { 'retry-after': String(reset) } : {}),
  };
}
