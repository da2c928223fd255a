import type { LivePool } from '../live/snapshot.js';
import { hashText } from './hash-text.js';
import type { RequestContext } from './visit.js';

/** Whether the pool turns away a request that has no session with it. */
export function shedsRequest({ id, loadShedding }: LivePool, context: RequestContext): boolean {
  const { defaultPercent, defaultPolicy } = loadShedding;
  if (defaultPercent <= 0) return false;
  if (defaultPercent >= 100) return true;
  const point = defaultPolicy === 'hash' ? pointOf(context.clientIp, id) : context.random();
  return point * 100 < defaultPercent;
}

/** Whether the pool turns away the sessions of a client, always by its address. */
export function shedsSession({ id, loadShedding }: LivePool, clientIp: string): boolean {
  const { sessionPercent } = loadShedding;
  return sessionPercent > 0 && pointOf(clientIp, id) * 100 < sessionPercent;
}

/**
 * Where in [0, 1) a client stands with a pool. With the pool and a word of its own in the hash, it says nothing about which
 * origin the client gets, nor about what other pools do with it.
 */
function pointOf(clientIp: string, poolId: string): number {
  return hashText(`shed ${poolId} ${clientIp}`) / 2 ** 32;
}
