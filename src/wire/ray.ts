import { randomBytes } from 'node:crypto';

/** The value of `cf-ray`: 16 hex digits and the code of the point of presence. */
export const newRay = (pop: string) => `${randomBytes(8).toString('hex')}-${pop}`;
