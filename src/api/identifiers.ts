import { z } from 'zod';
import type { Random } from '../net/random.js';

const HEX32 = /^[0-9a-f]{32}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Makes new ones: `hex` of the Load Balancing family, accounts and zones, `uuid` (version 4) of the Zero Trust family. */
export const createIdentifiers = ({ bytes }: Pick<Random, 'bytes'>) => ({
  hex: () => bytes(16).toString('hex'),
  uuid(): string {
    const value = bytes(16);
    value[6] = (value[6]! & 0x0f) | 0x40;
    value[8] = (value[8]! & 0x3f) | 0x80;
    return value.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  },
});

export const isUuid = (text: string) => UUID.test(text);

export const hexId = z.string().regex(HEX32, 'must be 32 hexadecimal digits');
export const uuid = z
  .string()
  .regex(UUID, 'must be valid UUID')
  .transform((text) => text.toLowerCase());
