import { createHash } from 'node:crypto';
import type { DatabaseClient } from '../../storage/database.js';
import type { Definition } from '../../storage/tables/definition.js';
import { type Declaration, shownValues } from '../_kit/fields.js';
import { keyIn } from '../_kit/soft-deleted.js';
import { among, relationOf, type Stored, storedToWire } from '../_kit/stored.js';
import { healthCheckToWire } from './health-check.js';
import type { MagicKind, TunnelValues } from './kinds.js';
import { pskMetadataOf } from './psk.js';

/** A GRE or IPsec tunnel. */
export interface MagicTunnel extends Stored<TunnelValues> {
  readonly kind: string;
  /** SHA-256 of the pre-shared key, as the database writes bytes; only ever written. */
  readonly pskDigest: string | null;
  readonly pskGeneratedOn: Date | null;
}

const inHex = (bytes: Uint8Array) => `\\x${Buffer.from(bytes).toString('hex')}`;

export const withPsk = (tunnel: MagicTunnel, psk: string, at: Date): MagicTunnel => ({
  ...tunnel,
  pskDigest: inHex(createHash('sha256').update(psk).digest()),
  pskGeneratedOn: at,
  modifiedOn: at,
});

export const magicTunnels: Definition<MagicTunnel, 'name'> = {
  noun: 'magic_tunnel',
  ownerOf: ({ accountId }) => accountId,
  createdAt: ({ createdOn }) => createdOn,
  indexes: { name: ({ accountId, values }) => keyIn(accountId, values.name) },
  relations: [
    relationOf<Declaration, MagicTunnel>(
      'magic_tunnel',
      {},
      {
        kind: ({ kind }) => kind,
        name: ({ values }) => values.name,
        fields: ({ values: { name, ...fields } }) => fields,
        psk_digest: ({ pskDigest }) => pskDigest,
        psk_generated_on: ({ pskGeneratedOn }) => pskGeneratedOn,
      },
    ),
  ],
  async load(db: DatabaseClient, ids) {
    const rows = await db.magicTunnel.findMany({ where: among(ids) });
    return rows.map(({ name, fields, pskDigest, ...row }) => ({
      ...row,
      values: { name, ...(fields as Omit<TunnelValues, 'name'>) } as TunnelValues,
      pskDigest: pskDigest && inHex(pskDigest),
    }));
  },
};

/** With `objectForm` the target of the health check is shown as an object. */
export function tunnelToWire(kind: MagicKind, tunnel: MagicTunnel, objectForm: boolean) {
  const { values, pskGeneratedOn } = tunnel;
  const endpoints = {
    interfaceAddress: values.interface_address,
    customerEndpoint: values[kind.customerEndpoint] as string | null,
  };
  return storedToWire(tunnel, {
    ...shownValues(kind.fields, values),
    health_check: healthCheckToWire(values.health_check, endpoints, objectForm),
    ...(pskGeneratedOn && { psk_metadata: pskMetadataOf(pskGeneratedOn) }),
  });
}
