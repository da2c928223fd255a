import type { Facts } from '../expressions/facts.js';
import type { LiveSettings } from '../live/snapshot.js';
import type { Place } from '../net/place.js';

/** One request, as far as steering may look at it. */
export interface RequestContext {
  /** Canonical text: the same client must always be spelled the same way. */
  readonly clientIp: string;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Unix milliseconds. */
  readonly now: number;
  readonly place: Place;
  /**
   * Where pools are chosen from, when that depends on what pool sets and rules have made of the settings: in DNS a location
   * strategy says so. Without it, `place`.
   */
  readonly placeFor?: (settings: LiveSettings) => Place;
  /** What the conditions of rules are about; made on the first use. */
  facts(): Facts;
  /** What sessions are told from; null where there are none, as in DNS and TCP. */
  readonly sessionSource: SessionSource | null;
}

/** The fields of a request that a session can be told from. */
export interface SessionSource {
  /** The value of a cookie; undefined without it. */
  cookie(name: string): string | undefined;
  /** The whole Cookie header; undefined without one. */
  cookies(): string | undefined;
  /** The value of a header by its lower-case name, several joined with `, `; undefined without it. */
  header(name: string): string | undefined;
}
