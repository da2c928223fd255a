import type { Place } from '../net/locations.js';
import type { LiveFixedResponse } from '../state/snapshot.js';
import type { Steering } from '../steering/decide.js';
import type { RequestHead } from './head/request-head.js';
import { type Host, isPublished } from './match.js';
import { OriginChoice } from './origin-choice.js';
import type { PublishedHostname } from './published-hostnames.js';
import type { RequestRecord } from './request-record.js';
import type { Requester } from './requester.js';
import { HttpRequestContext } from './visit.js';

/** What shall become of a request: an origin answers it, an operator's response does, or nobody can. */
export type RequestDestination =
  | { readonly kind: 'origin'; readonly choice: OriginChoice | PublishedHostname }
  | { readonly kind: 'fixed_response'; readonly response: LiveFixedResponse }
  | { readonly kind: 'no_pool' };

/** Where a request for `host` goes; the record learns why. */
export function destinationOf(
  host: Host,
  steering: Steering,
  request: RequestHead,
  client: Pick<Requester, 'identity' | 'version'>,
  place: Place,
  record: RequestRecord,
  random: () => number,
): RequestDestination {
  if (isPublished(host)) {
    record.steered(host, null);
    return { kind: 'origin', choice: host };
  }
  const context = new HttpRequestContext(host, client, request, place, record.at, random);
  const decision = steering.decide(host, context);
  record.steered(host, decision.trace);
  if (decision.kind === 'no_pool' || decision.kind === 'fixed_response') return decision;
  return { kind: 'origin', choice: new OriginChoice(steering, context, decision) };
}
