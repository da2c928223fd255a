import type { Message } from '../../../api/envelope.js';
import { notice } from '../../../api/notices.js';
import { nameServersOf, tunnelOf } from '../../../net/hostnames.js';
import { noticesOf } from '../../_kit/fields.js';
import { keyIn } from '../../_kit/soft-deleted.js';
import type { Settings } from '../../context.js';
import type { WorkingWorld } from '../../definitions.js';
import { ownerKey } from '../../load-balancing/load-balancers/definition.js';
import { type DnsRecord, leadsSomewhere, publishedTunnel } from './definition.js';
import { fields } from './fields.js';

/** What the answer to a write says of what the record does not do. */
export function recordNotices(
  world: Pick<WorkingWorld, 'loadBalancers'>,
  { dns }: Pick<Settings, 'dns'>,
  record: DnsRecord,
): Message[] {
  const { accountId, zone, values } = record;
  const { name, type, content, proxied } = values;
  const notices = noticesOf(fields, values);
  if (proxied && publishedTunnel(values) === null)
    notices.push(
      notice(
        'no_effect_yet',
        `proxied: requests for ${name} are not forwarded; DNS answers with the content of the record, as if it were not proxied`,
      ),
    );
  if (!proxied && type === 'CNAME' && tunnelOf(content) !== null)
    notices.push(
      notice('no_effect_yet', `content: requests for ${name} go to the tunnel when the record is proxied`),
    );
  if (nameServersOf(dns.nameServers, zone.name).includes(name))
    notices.push(
      notice(
        'takes_precedence',
        `${name} is a name server of the zone: DNS answers with its addresses alone`,
      ),
    );
  const [balancer] = world.loadBalancers.by('name', keyIn(ownerKey(zone.id, accountId), name));
  if (leadsSomewhere(record) && balancer?.values.enabled)
    notices.push(
      notice(
        'takes_precedence',
        `${name} is the name of a load balancer, which DNS and requests follow in place of this record while it is enabled`,
      ),
    );
  return notices;
}
