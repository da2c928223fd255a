// Bodies that tell whose they are: a token of 16 characters, over and over.
import { randomBytes } from 'node:crypto';

export const newToken = () => randomBytes(8).toString('hex');

export function payload(token, blocks) {
  return Buffer.alloc(token.length * blocks, token, 'latin1');
}

/** Throws when `body` is not exactly the payload: bytes of somebody else, too few, or too many. */
export function check(body, token, blocks) {
  const expected = payload(token, blocks);
  if (body.equals(expected)) return;
  const at = body.findIndex((byte, index) => byte !== expected[index]);
  const found = body.subarray(Math.max(0, at), at + 40).toString('latin1');
  throw new Misdelivery(
    `${body.length} of ${expected.length} bytes for ${token}; from ${at}: ${JSON.stringify(found)}`,
  );
}

export class Misdelivery extends Error {}
