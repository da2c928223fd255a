import type { Message } from '../../../api/envelope.js';
import { notice } from '../../../api/notices.js';
import { hostPort } from '../../../net/ip.js';
import type { Context } from '../../context.js';
import type { LoadBalancer } from './definition.js';

/** What the answer to a write says of where the load balancer is reached. The write itself is done, whatever comes of this. */
export async function reachedAt(
  dataPlane: Pick<Context['dataPlane'], 'ask'>,
  { id, zone, values: { enabled } }: LoadBalancer,
): Promise<Message[]> {
  if (zone !== null || !enabled) return [];
  const addresses = await dataPlane.ask('private_addresses', null).catch(() => null);
  if (addresses === null) return [reached('at an address that GET /_offramp/on-ramps tells')];
  const address = addresses.find((one) => one.id === id);
  if (!address) {
    const message = 'a load balancer of an account takes no traffic without --private-network';
    return [notice('no_effect_yet', message)];
  }
  const { host, port, error } = address;
  if (host === null || port === null)
    return [reached(`nowhere: ${error ?? 'it is about to listen, GET /_offramp/on-ramps tells where'}`)];
  return [reached(`at http://${hostPort(host, port)}, whatever host a request names`)];
}

const reached = (where: string): Message => notice('reached_at', `reached ${where}`);
