import { z } from 'zod';
import { initialOf } from '../../resources/_kit/fields.js';
import type { WorkingDraft } from '../../resources/definitions.js';
import { DEFAULT_SUBNETS, type Subnet } from '../../resources/networks/subnets/definition.js';
import { bodies, fields, SUBNET_TYPES, type SubnetType } from '../../resources/networks/subnets/fields.js';
import { familyOf } from '../../resources/networks/subnets/network.js';
import { changeSubnet, changeWellKnown, createSubnet } from '../../resources/networks/subnets/rules.js';
import { seedNoun } from '../noun.js';
import { sentOf, valuesOfRow } from '../sent.js';

const body = bodies.write.extend({ subnet_type: z.enum(SUBNET_TYPES).nullish() });
type Body = z.output<typeof body>;

/** An account has some from the start: an entry for one of those changes it, and those that nothing was changed of have none. */
export const seededSubnets = seedNoun<Subnet>({
  table: 'subnets',
  member: 'subnets',
  one: 'subnet',
  body,
  references: [],
  rows: (world, owner) => world.subnets.of(owner).filter((subnet) => !isAsFromTheStart(subnet)),
  nameOf: () => null,
  create(draft, owner, sent) {
    const subnet = put(draft, owner, sent);
    // Nothing names a subnet, so also one that was there can have the id and the time that the draft gives.
    draft.subnets.remove(subnet.id);
    const own = { ...subnet, id: draft.ids.uuid(), createdAt: draft.now };
    draft.subnets.put(own);
    return own;
  },
  sent: (row) => ({
    ...(row.subnetType !== 'warp' && { subnet_type: row.subnetType }),
    ...sentOf(fields, valuesOfRow(fields, row), initialOf(fields)),
  }),
});

const isAsFromTheStart = ({ name, network, comment, isDefault, subnetType }: Subnet) =>
  comment === '' &&
  DEFAULT_SUBNETS.some(
    (one) =>
      one.name === name &&
      one.network === network &&
      one.isDefault === isDefault &&
      one.subnetType === subnetType,
  );

function put(draft: WorkingDraft, accountId: string, { subnet_type, ...sent }: Body): Subnet {
  const type: SubnetType = subnet_type ?? 'warp';
  if (type !== 'warp') {
    const { is_default_network: _never, ...rest } = sent;
    return changeWellKnown(draft, accountId, type, familyOf(sent.network), rest);
  }
  const known = draft.subnets.by('type', `${accountId} warp`).find(({ network }) => network === sent.network);
  return known ? changeSubnet(draft, accountId, known.id, sent) : createSubnet(draft, accountId, sent);
}
