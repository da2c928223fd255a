import type { Named } from '../bridge/reports.js';
import { tunnelHostname } from '../net/hostnames.js';
import type { LiveLoadBalancer, LiveOrigin, LivePublishedHostname } from '../state/snapshot.js';
import type { SnapshotStore } from '../state/snapshot-store.js';

/** What a host name stands for. */
export type Host = LiveLoadBalancer | PublishedHostname;

export const isPublished = (host: Host): host is PublishedHostname => 'plan' in host;

export interface HostIndex {
  /**
   * What stands for a host name in canonical form: under its exact name, else under the longest `*.` name above it. Of
   * one name an enabled load balancer comes before a published host name.
   */
  match(host: string): Host | undefined;
}

/** Follows the store, so that a look-up costs one map read per label at most. */
export function createHostIndex(store: SnapshotStore): HostIndex {
  /** Usually one; more when a name is moved from one load balancer to another, or published besides. */
  const byName = new Map<string, Host[]>();

  function remove(name: string, id: string): void {
    const left = (byName.get(name) ?? []).filter((other) => other.id !== id);
    if (left.length > 0) byName.set(name, left);
    else byName.delete(name);
  }

  function add(host: Host): void {
    const hosts = [...(byName.get(host.name) ?? []), host];
    byName.set(
      host.name,
      hosts.sort((a, b) => Number(isPublished(a)) - Number(isPublished(b))),
    );
  }

  function addLoadBalancer(loadBalancer: LiveLoadBalancer): void {
    // One of an account is reached at an address of its own, and its name is no host name.
    if (loadBalancer.zoneId !== null) add(loadBalancer);
  }

  for (const loadBalancer of store.snapshot.loadBalancers.values()) addLoadBalancer(loadBalancer);
  for (const live of store.snapshot.publishedHostnames.values()) add(publishedHostname(live));
  store.onChange('indexes', (changes) => {
    for (const { noun, before, after } of changes) {
      if (noun === 'load_balancer') {
        if (before) remove((before as LiveLoadBalancer).name, before.id);
        if (after) addLoadBalancer(after as LiveLoadBalancer);
      } else if (noun === 'published_hostname') {
        if (before) remove((before as LivePublishedHostname).hostname, before.id);
        if (after) add(publishedHostname(after as LivePublishedHostname));
      }
    }
  });

  const standing = (name: string) => byName.get(name)?.find((host) => isPublished(host) || host.enabled);

  return {
    match(host) {
      const exact = standing(host);
      if (exact) return exact;
      for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
        const wildcard = standing(`*${host.slice(dot)}`);
        if (wildcard) return wildcard;
      }
      return undefined;
    },
  };
}

/** Where requests to a published host name go: one place, without pools, health or sessions. */
export interface OnlyPlan {
  /** A name for the counts; there is no such pool. */
  readonly pool: Named;
  readonly origin: LiveOrigin;
  readonly startsSession: false;
}

/** A host name that leads to the ingress rules of a tunnel. */
export interface PublishedHostname {
  readonly id: string;
  readonly name: string;
  /** '' without a zone. */
  readonly zoneName: string;
  readonly plan: OnlyPlan;
  /** There is nowhere else. See `Failover`. */
  retry(): false;
  leave(): false;
  reselect(): false;
  /** With one place there is nothing to bind a client to. */
  sessionCookie(): null;
}

const nowhere = () => false as const;
const sessionCookie = () => null;

function publishedHostname(live: LivePublishedHostname): PublishedHostname {
  const { id, accountId, hostname, zoneName, tunnelId } = live;
  const address = tunnelHostname(tunnelId);
  const origin: LiveOrigin = {
    key: address,
    accountId,
    name: address,
    address,
    ip: null,
    enabled: true,
    disabledAt: null,
    weight: 1,
    port: 0,
    host: null,
    virtualNetworkId: null,
    flattenCname: false,
  };
  const plan: OnlyPlan = { pool: { id, name: hostname }, origin, startsSession: false };
  return {
    id,
    name: hostname,
    zoneName,
    plan,
    retry: nowhere,
    leave: nowhere,
    reselect: nowhere,
    sessionCookie,
  };
}
