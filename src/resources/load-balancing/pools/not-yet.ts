import type { Message } from '../../../api/envelope.js';
import { notice } from '../../../api/notices.js';
import type { MayDial } from '../../../net/direct-networks.js';
import { firstFew, type NotYet, noticesOf } from '../../not-yet.js';
import { fieldsOf, type PoolFields } from './fields.js';
import type { Pool } from './store.js';

const NOT_YET: NotYet<PoolFields> = {
  notification_email: (email) => (email === '' ? undefined : 'no mail is sent'),
};

/** What the data plane does not do for the pool; `mayDial` says what it dials without a virtual network. */
export function notices(pool: Pool, mayDial: MayDial): Message[] {
  return [...noticesOf(NOT_YET, fieldsOf(pool)), ...notDialled(pool, mayDial)];
}

function notDialled({ origins }: Pool, mayDial: MayDial): Message[] {
  const addresses = origins
    .filter(({ ip, virtualNetworkId }) => virtualNetworkId === null && ip !== null && !mayDial(ip))
    .map(({ address }) => address);
  if (addresses.length === 0) return [];
  return [
    notice(
      'not_dialled',
      `origins: ${firstFew(addresses)} get no requests: not globally routable, in no virtual network, and not covered by --direct-network`,
    ),
  ];
}
