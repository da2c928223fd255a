import { Prisma } from './generated/client.js';

/** A value for a nullable JSON column: null is SQL's NULL, not the JSON text `null`. */
export const jsonOrNull = (value: unknown) =>
  value === null ? Prisma.DbNull : (value as Prisma.InputJsonValue);
