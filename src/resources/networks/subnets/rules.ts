import { isDeepStrictEqual } from 'node:util';
import { ApiError } from '../../../api/errors.js';
import { newUuid } from '../../../api/identifiers.js';
import { cidrContains, parseCidr } from '../../../net/cidr.js';
import type { Tx } from '../../../storage/database.js';
import { keyIn } from '../../_kit/soft-deleted.js';
import type { WorkingDraft, WorkingWorld } from '../../definitions.js';
import { DEFAULT_SUBNETS, type Subnet } from './definition.js';
import type { AddressFamily, CreateBody, PatchBody, SubnetType, WellKnownBody } from './fields.js';
import { familyOf, networkComplaint } from './network.js';
import * as store from './store.js';

/** The subnets that every account has from the start. */
export const defaultSubnets = (accountId: string, createdAt: Date): Subnet[] =>
  DEFAULT_SUBNETS.map((subnet) => ({
    id: newUuid(),
    ...{ accountId, comment: '', createdAt, deletedAt: null },
    ...subnet,
  }));

/** For an account that is made in a transaction of the database. */
export const createDefaultSubnets = (tx: Tx, accountId: string, createdAt: Date) =>
  store.insert(tx, defaultSubnets(accountId, createdAt));

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
    throw new ApiError(
      'subnet_refused',
      `"${body.network}" is an IPv6 network; only IPv4 ones can be created`,
    );
  checkNetwork(draft, accountId, 'warp', 'v4', body.network, null);
  const subnet: Subnet = {
    id: newUuid(),
    accountId,
    name: body.name,
    network: body.network,
    comment: body.comment ?? '',
    isDefault: body.is_default_network ?? false,
    subnetType: 'warp',
    createdAt: new Date(),
    deletedAt: null,
  };
  return put(draft, subnet);
}

/** Changes what the body names; an empty body changes nothing. */
export function changeSubnet(draft: WorkingDraft, accountId: string, id: string, body: PatchBody): Subnet {
  const before = getSubnet(draft, accountId, id);
  const isDefault = body.is_default_network ?? before.isDefault;
  const after = { ...merged(before, body), network: before.network, isDefault };
  if (body.network != null && body.network !== before.network)
    throw new ApiError('subnet_refused', `the network of the subnet, ${before.network}, cannot be changed`);
  if (before.isDefault && !isDefault)
    throw new ApiError(
      'subnet_refused',
      `"${before.name}" is the default subnet; make another one the default`,
    );
  if (isDeepStrictEqual(after, before)) return before;
  if (familyOf(before.network) === 'v6')
    throw new ApiError('subnet_refused', `${before.network} is an IPv6 subnet, which cannot be changed`);
  return put(draft, after);
}

/** Deletes a subnet for devices; one that is not there, or not any more, is as good as deleted and gives null. */
export function removeSubnet(draft: WorkingDraft, accountId: string, id: string): Subnet | null {
  const subnet = find(draft, accountId, id);
  if (!subnet) return null;
  if (subnet.isDefault)
    throw new ApiError('subnet_refused', `"${subnet.name}" is the default subnet and cannot be deleted`);
  if (familyOf(subnet.network) === 'v6')
    throw new ApiError(
      'subnet_refused',
      `${subnet.network} is an IPv6 subnet, which cannot be deleted: none could be created again`,
    );
  return put(draft, { ...subnet, deletedAt: new Date() });
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
  const after = merged(before, body);
  if (isDeepStrictEqual(after, before)) return before;
  if (after.network !== before.network)
    checkNetwork(draft, accountId, type, family, after.network, before.id);
  return put(draft, after);
}

function merged(before: Subnet, { name, network, comment }: WellKnownBody): Subnet {
  return {
    ...before,
    name: name ?? before.name,
    network: network ?? before.network,
    comment: comment === undefined ? before.comment : (comment ?? ''),
  };
}

function checkNetwork(
  draft: WorkingDraft,
  accountId: string,
  type: SubnetType,
  family: AddressFamily,
  network: string,
  self: string | null,
): void {
  const complaint = networkComplaint(type, family, network);
  if (complaint) throw new ApiError('subnet_refused', `network ${complaint}`);
  const cidr = parseCidr(network)!;
  const subnet = draft.subnets.of(accountId).find((one) => {
    const other = parseCidr(one.network)!;
    return one.id !== self && (cidrContains(cidr, other) || cidrContains(other, cidr));
  });
  if (subnet)
    throw new ApiError(
      'subnet_conflict',
      `network "${network}" overlaps an existing subnet's network at "${subnet.network}"`,
    );
  const route = draft.routes.of(accountId).find((one) => cidrContains(cidr, parseCidr(one.network)!));
  if (route)
    throw new ApiError(
      'subnet_conflict',
      `network "${network}" contains the network "${route.network}" of an existing route`,
    );
}

/** An account has one default subnet: a new one takes its place. */
function put({ subnets }: WorkingDraft, subnet: Subnet): Subnet {
  if (subnet.isDefault)
    for (const other of subnets.by('default', subnet.accountId)) subnets.put({ ...other, isDefault: false });
  subnets.put(subnet);
  return subnet;
}
