import type { Listed } from '../../../api/envelope.js';
import { listed, pageRequest } from '../../../api/pagination.js';
import type { PoolEvent } from '../../../live/messages.js';
import type { Client } from '../../../storage/database.js';
import type { Query, WireEvent } from './schema.js';
import * as store from './store.js';
import { storedOf, toWire } from './to-wire.js';

/** Writes down what the data plane tells. */
export async function record(db: Client, event: PoolEvent): Promise<void> {
  const { accountId, poolId, poolName, at } = event;
  await store.insert(db, { accountId, poolId, poolName, at: new Date(at), ...storedOf(event) });
}

/** What the last process has left, for the start. */
export const lastVerdicts = store.lastVerdicts;

/** One page of the events of the account. */
export async function list(db: Client, accountId: string, query: Query): Promise<Listed<WireEvent>> {
  const page = pageRequest(query, 1000);
  const { items, total } = await store.list(db, accountId, query, page);
  return listed(items.map(toWire), total, page);
}
