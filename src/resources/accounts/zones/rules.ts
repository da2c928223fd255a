import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../../../api/errors.js';
import { inAscii, inUnicode } from '../../../net/hostnames.js';
import { initialOf, valuesAfter } from '../../_kit/fields.js';
import type { WorkingDraft, WorkingWorld } from '../../definitions.js';
import { ownerKey } from '../../load-balancing/load-balancers/definition.js';
import { firstAccount } from '../accounts/definition.js';
import type { Zone } from './definition.js';
import { type CreateBody, fields } from './fields.js';

export function getZone(world: WorkingWorld, id: string): Zone {
  const zone = world.zones.get(id);
  if (!zone) throw new ApiError('no_such_route', `/zones/${id}`);
  return zone;
}

/** A new zone; throws when there is one of this name. */
export function addZone(
  draft: WorkingDraft,
  id: string,
  accountId: string,
  body: Pick<CreateBody, 'name' | 'type'>,
): Zone {
  const name = inAscii(body.name);
  if (draft.zones.by('name', name).length > 0) throw new ApiError('zone_exists', inUnicode(name));
  const { now } = draft;
  const values = { ...initialOf(fields), type: body.type ?? 'full' };
  const zone = { id, accountId, name, values, createdOn: now, modifiedOn: now };
  draft.zones.put(zone);
  return zone;
}

/** Without an account in the body, the first one of the caller: of those `among` which it may make zones, or of all. */
export function createZone(draft: WorkingDraft, body: CreateBody, among: readonly string[] | null): Zone {
  const accountId = body.account?.id ?? firstAccount(draft, among)?.id;
  if (accountId === undefined)
    throw new ApiError('invalid_request', 'account.id is required: there is no account');
  if (!draft.accounts.get(accountId))
    throw new ApiError('invalid_request', `account.id "${accountId}" is not an account`);
  return addZone(draft, draft.ids.hex(), accountId, body);
}

/** Changes what the body names; null goes back to the default. A body that changes nothing writes nothing. */
export function changeZone(draft: WorkingDraft, id: string, body: object): Zone {
  const before = getZone(draft, id);
  const values = valuesAfter(fields, body, before.values, initialOf(fields));
  if (isDeepStrictEqual(values, before.values)) return before;
  const zone = { ...before, values, modifiedOn: draft.now };
  draft.zones.put(zone);
  return zone;
}

/** With its load balancers and DNS records. */
export function removeZone(draft: WorkingDraft, id: string): void {
  const { accountId } = getZone(draft, id);
  for (const balancer of draft.loadBalancers.of(ownerKey(id, accountId)))
    draft.loadBalancers.remove(balancer.id);
  for (const record of draft.dnsRecords.of(id)) draft.dnsRecords.remove(record.id);
  draft.zones.remove(id);
}
