import { z } from 'zod';

/** A whole number of a query. */
export const whole = (least: number, most: number) =>
  z
    .string(`must be given once, as a whole number from ${least} to ${most}`)
    .regex(/^\d{1,6}$/, `must be a whole number from ${least} to ${most}`)
    .transform(Number)
    .refine((value) => value >= least && value <= most, `must be a whole number from ${least} to ${most}`);

/** Of logs of requests. */
export const USUAL_LIMIT = 100;
export const USUAL_TIMEOUT_MS = 5_000;
