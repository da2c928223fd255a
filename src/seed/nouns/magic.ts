import type { z } from 'zod';
import { initialOf } from '../../resources/_kit/fields.js';
import type { MagicTunnel } from '../../resources/magic/definition.js';
import { GRE, IPSEC, type MagicKind } from '../../resources/magic/kinds.js';
import { createMagicTunnel, listMagicTunnels } from '../../resources/magic/rules.js';
import { seedNoun } from '../noun.js';
import { sentOf } from '../sent.js';

const tunnelsOf = (kind: MagicKind) =>
  seedNoun<MagicTunnel>({
    table: 'magicTunnels',
    member: `${kind.kind}_tunnels`,
    one: `${kind.title} tunnel`,
    body: kind.bodies.write as unknown as z.ZodObject,
    references: [],
    rows: (world, accountId) => listMagicTunnels(world, { kind, accountId }),
    nameOf: ({ values }) => values.name,
    create: (draft, accountId, body) =>
      createMagicTunnel(draft, { kind, accountId, validateOnly: false, objectForm: false }, body),
    sent: ({ values }) => sentOf(kind.fields, values, initialOf(kind.fields)),
  });

export const seededGreTunnels = tunnelsOf(GRE);
export const seededIpsecTunnels = tunnelsOf(IPSEC);
