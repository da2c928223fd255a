import type { Message } from '../../../api/envelope.js';
import { notice } from '../../../api/notices.js';
import { keyIn } from '../../_kit/soft-deleted.js';
import { leadsSomewhere } from '../../accounts/dns-records/definition.js';
import type { WorkingWorld } from '../../definitions.js';
import type { LoadBalancer } from './definition.js';

/** How many records a message names. */
const MOST_NAMED = 3;

/** What the answer to a write says of the DNS records that the load balancer is followed in place of. */
export function recordsBehind(
  world: Pick<WorkingWorld, 'dnsRecords'>,
  { zone, hostname, values: { enabled } }: LoadBalancer,
): Message[] {
  if (zone === null || hostname === null || !enabled) return [];
  const behind = world.dnsRecords
    .by('name', keyIn(zone.id, hostname))
    .filter(leadsSomewhere)
    .map(({ values: { type, content } }) => `${type} ${content}`);
  if (behind.length === 0) return [];
  const named = behind.slice(0, MOST_NAMED).join(', ');
  const more = behind.length > MOST_NAMED ? ` and ${behind.length - MOST_NAMED} more` : '';
  return [
    notice(
      'takes_precedence',
      `the load balancer is followed in place of the DNS records of ${hostname}: ${named}${more}`,
    ),
  ];
}
