import type { LiveLoadBalancer } from '../../../live/snapshot.js';
import { fieldsOf } from './fields.js';
import { livePoolSets, liveRules } from './live-rules.js';
import { liveSettings } from './live-settings.js';
import type { LoadBalancer } from './store.js';

/** The load balancer as the data plane sees it. */
export function liveLoadBalancer(balancer: LoadBalancer): LiveLoadBalancer {
  const fields = fieldsOf(balancer);
  return {
    id: balancer.id,
    accountId: balancer.accountId,
    zoneId: balancer.zoneId,
    zoneName: balancer.zone?.name ?? '',
    name: balancer.hostname ?? fields.name,
    enabled: fields.enabled,
    proxied: fields.proxied,
    settings: liveSettings(fields),
    poolSets: livePoolSets(fields),
    rules: liveRules(fields),
  };
}
