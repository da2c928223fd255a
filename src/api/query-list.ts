import { z } from 'zod';

/** A query field with several values: repeated keys or one comma-separated list, as clients send either. */
export const queryList = <T extends z.ZodType<unknown, string>>(item: T) =>
  z
    .union([z.string(), z.array(z.string())])
    .transform((value) => [value].flat().flatMap((part) => part.split(',')))
    .pipe(z.array(item));
