import type { LiveSettings } from '../live/snapshot.js';
import type { Location, Locations } from '../net/locations.js';
import type { Place } from '../net/place.js';
import { policyInForce } from '../steering/rules.js';
import type { DnsQuery } from './query.js';

/** A query with its sender: a resolver, which may say on whose behalf it asks. */
export interface DnsRequest {
  /** Canonical text. */
  readonly resolverIp: string;
  readonly query: DnsQuery;
}

/** The address that rules, hashes and load shedding go by: of the client where the query has it, else of the resolver. */
export function clientIpOf({ resolverIp, query }: DnsRequest): string {
  return query.edns?.clientSubnet?.ip?.text ?? resolverIp;
}

/**
 * Where a question comes from, by the location strategy: the client subnet where the strategy prefers it and its address is
 * known, otherwise this place, or the resolver's where the mode says so and its address is known. Geo steering takes nothing
 * but the country of a client subnet. The PoP is always the one that answers.
 */
export function placeOfRequest(
  home: Place,
  locations: Locations,
  settings: LiveSettings,
  request: DnsRequest,
): Place {
  const { mode, preferEcs } = settings.locationStrategy;
  const policy = policyInForce(settings);
  const subnet = request.query.edns?.clientSubnet?.ip;
  const ofClient =
    subnet && (preferEcs === 'always' || preferEcs === policy) && locations.lookup(subnet.text);
  if (ofClient) return policy === 'geo' ? { ...home, country: ofClient.country } : at(home, ofClient);
  const ofResolver = mode === 'resolver_ip' ? locations.lookup(request.resolverIp) : null;
  return ofResolver ? at(home, ofResolver) : home;
}

const at = (home: Place, location: Location): Place => ({ ...home, ...location });
