import type { Message } from '../../../api/envelope.js';
import { present } from '../../../api/fields.js';
import { notice } from '../../../api/notices.js';
import { timestampOrNull } from '../../../api/timestamps.js';
import type { MayDial } from '../../../net/addresses.js';
import type { FailureReason, HealthTable } from '../../../state/health-board.js';
import { hasEnoughHealthyOrigins } from '../../../state/pool-health.js';
import { noticesOf, shownValues } from '../../_kit/fields.js';
import { storedToWire } from '../../_kit/stored.js';
import { firstFew } from '../../first-few.js';
import { originKey, type Pool } from './definition.js';
import { fields } from './fields.js';
import { ipOf } from './origin-address.js';

type ShownHealths = Pick<HealthTable, 'origin'>;

interface OriginHealth {
  readonly healthy: boolean;
  readonly failure_reason: FailureReason;
}

/**
 * What every answer about a pool says of its health. An origin that was not checked yet is not healthy, without a failure. Without a
 * monitor nothing is checked, and the enabled origins count as healthy. The pool is healthy by the rule that traffic goes by;
 * whether it is enabled is a field of its own.
 */
export function shownHealth(
  { id, values }: Pool,
  healths: ShownHealths,
): { readonly healthy: boolean; readonly origins: readonly OriginHealth[] } {
  const monitored = values.monitor !== null || values.monitor_group !== null;
  const origins = values.origins.map((origin): OriginHealth => {
    if (!monitored) return { healthy: origin.enabled, failure_reason: 'No failures' };
    const found = healths.origin(id, originKey(origin));
    return { healthy: found?.state === 'healthy', failure_reason: found?.failureReason ?? 'No failures' };
  });
  const counted = values.origins.map((origin) => ({ key: originKey(origin), enabled: origin.enabled }));
  const healthy = hasEnoughHealthyOrigins(
    { monitored, minimumOrigins: values.minimum_origins, origins: counted },
    (key) => healths.origin(id, key)?.state,
  );
  return { healthy, origins };
}

/** What is unset is left out, except where clients insist on a null; origins come in the order they were given in. */
export const poolToWire = (healths: ShownHealths) => (pool: Pool) => {
  const { healthy, origins } = shownHealth(pool, healths);
  return storedToWire(pool, {
    ...shownValues(fields, pool.values),
    healthy,
    origins: pool.values.origins.map(({ header, virtual_network_id, ...origin }, index) => ({
      ...origin,
      ...origins[index]!,
      ...present({
        header,
        virtual_network_id,
        disabled_at: timestampOrNull(pool.originsDisabledAt[index] ?? null),
      }),
    })),
    ...present({ disabled_at: timestampOrNull(pool.disabledAt) }),
  });
};

/** What the data plane does not do for the pool; `mayDial` says what it dials without a virtual network. */
export function poolNotices({ values }: Pool, mayDial: MayDial): Message[] {
  const notDialled = values.origins.filter(({ address, virtual_network_id }) => {
    const ip = ipOf(address);
    return virtual_network_id === null && ip !== null && !mayDial(ip);
  });
  if (notDialled.length === 0) return noticesOf(fields, values);
  const addresses = firstFew(notDialled.map(({ address }) => address));
  return [
    ...noticesOf(fields, values),
    notice(
      'not_dialled',
      `origins: ${addresses} get no requests: not globally routable, in no virtual network, and not covered by --direct-network`,
    ),
  ];
}
