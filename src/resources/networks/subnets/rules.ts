import { ApiError } from '../../../api/errors.js';
import { cidrContains, parseCidr } from '../../../net/addresses.js';
import { changedRow, keyIn, newRow, putWithDefault } from '../../_kit/soft-deleted.js';
import type { WorkingDraft, WorkingWorld } from '../../definitions.js';
import { DEFAULT_SUBNETS, type Subnet } from './definition.js';
import {
  type AddressFamily,
  type CreateBody,
  fields,
  type PatchBody,
  type SubnetType,
  type WellKnownBody,
} from './fields.js';
import { familyOf, networkComplaint } from './network.js';

/** The subnets that every account has from the start. */
export const defaultSubnets = ({ now, ids }: WorkingDraft, accountId: string): Subnet[] =>
  DEFAULT_SUBNETS.map((subnet) => ({
    id: ids.uuid(),
    ...{ accountId, comment: '', createdAt: now, deletedAt: null },
    ...subnet,
  }));

/** The subnet for devices, or undefined when the account has none with this id, or none any more. */
function find(world: WorkingWorld, accountId: string, id: string): Subnet | undefined {
  const subnet = world.subnets.get(id);
  return subnet?.accountId === accountId && subnet.subnetType === 'warp' ? subnet : undefined;
}

export function getSubnet(world: WorkingWorld, accountId: string, id: string): Subnet {
  const subnet = find(world, accountId, id);
  if (!subnet) throw new ApiError('subnet_missing');
  return subnet;
}

/** The account's only subnet of a type that has one for each family. */
export const wellKnownSubnet = (
  world: WorkingWorld,
  accountId: string,
  type: Exclude<SubnetType, 'warp'>,
  family: AddressFamily,
): Subnet =>
  world.subnets.by('type', keyIn(accountId, type)).find(({ network }) => familyOf(network) === family)!;

export function createSubnet(draft: WorkingDraft, accountId: string, body: CreateBody): Subnet {
  if (familyOf(body.network) === 'v6')
    throw refused(`"${body.network}" is an IPv6 network; only IPv4 ones can be created`);
  const subnet = newRow<Subnet>(draft, fields, accountId, body, { subnetType: 'warp' });
  checkNetwork(draft, subnet, 'v4');
  return putWithDefault(draft.subnets, subnet);
}

/** Changes what the body names; an empty body changes nothing. */
export function changeSubnet(draft: WorkingDraft, accountId: string, id: string, body: PatchBody): Subnet {
  const before = getSubnet(draft, accountId, id);
  const after = changedRow(fields, before, body);
  if (after.network !== before.network)
    throw refused(`the network of the subnet, ${before.network}, cannot be changed`);
  if (before.isDefault && !after.isDefault)
    throw refused(`"${before.name}" is the default subnet; make another one the default`);
  if (after === before) return before;
  if (familyOf(before.network) === 'v6')
    throw refused(`${before.network} is an IPv6 subnet, which cannot be changed`);
  return putWithDefault(draft.subnets, after);
}

/** Deletes a subnet for devices; one that is not there, or not any more, is as good as deleted and gives null. */
export function removeSubnet(draft: WorkingDraft, accountId: string, id: string): Subnet | null {
  const subnet = find(draft, accountId, id);
  if (!subnet) return null;
  if (subnet.isDefault) throw refused(`"${subnet.name}" is the default subnet and cannot be deleted`);
  if (familyOf(subnet.network) === 'v6')
    throw refused(
      `${subnet.network} is an IPv6 subnet, which cannot be deleted: none could be created again`,
    );
  const deleted = { ...subnet, deletedAt: draft.now };
  draft.subnets.put(deleted);
  return deleted;
}

/** Changes what the body names of the account's only subnet of this type and family. */
export function changeWellKnown(
  draft: WorkingDraft,
  accountId: string,
  type: Exclude<SubnetType, 'warp'>,
  family: AddressFamily,
  body: WellKnownBody,
): Subnet {
  const before = wellKnownSubnet(draft, accountId, type, family);
  const after = changedRow(fields, before, body);
  if (after === before) return before;
  if (after.network !== before.network) checkNetwork(draft, after, family);
  draft.subnets.put(after);
  return after;
}

function checkNetwork(draft: WorkingDraft, subnet: Subnet, family: AddressFamily): void {
  const { id, accountId, network } = subnet;
  const complaint = networkComplaint(subnet.subnetType as SubnetType, family, network);
  if (complaint) throw refused(`network ${complaint}`);
  const cidr = parseCidr(network)!;
  const overlapping = draft.subnets.of(accountId).find((one) => {
    const other = parseCidr(one.network)!;
    return one.id !== id && (cidrContains(cidr, other) || cidrContains(other, cidr));
  });
  if (overlapping)
    throw new ApiError(
      'subnet_conflict',
      `network "${network}" overlaps an existing subnet's network at "${overlapping.network}"`,
    );
  const route = draft.routes.of(accountId).find((one) => cidrContains(cidr, parseCidr(one.network)!));
  if (route)
    throw new ApiError(
      'subnet_conflict',
      `network "${network}" contains the network "${route.network}" of an existing route`,
    );
}

const refused = (why: string) => new ApiError('subnet_refused', why);
