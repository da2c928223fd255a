import type { LiveLoadBalancer } from '../live/snapshot.js';
import type { SnapshotStore } from '../live/snapshot-store.js';

export interface HostIndex {
  /** The enabled load balancer for a lower-case host name: its exact name, else the longest `*.` name above it. */
  match(host: string): LiveLoadBalancer | undefined;
}

/** Follows the store, so that a look-up costs one map read per label at most. */
export function createHostIndex(store: SnapshotStore): HostIndex {
  /** Usually one; more when a name is moved from one load balancer to another. */
  const byName = new Map<string, LiveLoadBalancer[]>();

  function remove({ id, name }: LiveLoadBalancer): void {
    const left = (byName.get(name) ?? []).filter((other) => other.id !== id);
    if (left.length > 0) byName.set(name, left);
    else byName.delete(name);
  }

  function add(loadBalancer: LiveLoadBalancer): void {
    // One of an account is reached at an address of its own, and its name is no host name.
    if (loadBalancer.zoneId === null) return;
    byName.set(loadBalancer.name, [...(byName.get(loadBalancer.name) ?? []), loadBalancer]);
  }

  for (const loadBalancer of store.snapshot.loadBalancers.values()) add(loadBalancer);
  store.onChange((changes) => {
    for (const { noun, before, after } of changes) {
      if (noun !== 'load_balancer') continue;
      if (before) remove(before as LiveLoadBalancer);
      if (after) add(after as LiveLoadBalancer);
    }
  });

  const enabled = (name: string) => byName.get(name)?.find((loadBalancer) => loadBalancer.enabled);

  return {
    match(host) {
      const exact = enabled(host);
      if (exact) return exact;
      for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
        const wildcard = enabled(`*${host.slice(dot)}`);
        if (wildcard) return wildcard;
      }
      return undefined;
    },
  };
}
