import { randomBytes, randomUUID } from 'node:crypto';
import { z } from 'zod';

const HEX32 = /^[0-9a-f]{32}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Identifiers of the Load Balancing family, accounts and zones: 32 hex digits. */
export const newHexId = () => randomBytes(16).toString('hex');
/** Identifiers of the Zero Trust family. */
export const newUuid = () => randomUUID();

export const isUuid = (text: string) => UUID.test(text);

export const hexId = z.string().regex(HEX32, 'must be 32 hexadecimal digits');
export const uuid = z
  .string()
  .regex(UUID, 'must be valid UUID')
  .transform((text) => text.toLowerCase());
