import { createCipheriv, createHash, randomBytes } from 'node:crypto';

/** Where choices and identifiers come from; never secrets, which are made up by the system alone. */
export interface Random {
  /** At least 0, less than 1. */
  fraction(): number;
  bytes(length: number): Buffer;
}

export const systemRandom: Random = { fraction: Math.random, bytes: randomBytes };

/** Half of the digits of a double would not count otherwise. */
const BITS = 48;

/** The same for the same seed: the key stream of AES-256-CTR under its SHA-256. */
export function seededRandom(seed: string): Random {
  const stream = createCipheriv('aes-256-ctr', createHash('sha256').update(seed).digest(), Buffer.alloc(16));
  const bytes = (length: number) => stream.update(Buffer.alloc(length));
  return { fraction: () => bytes(BITS / 8).readUIntBE(0, BITS / 8) / 2 ** BITS, bytes };
}

/** The random of one part of the program: parts that run beside each other do not change each other's choices. */
export const randomOf = (seed: string | null, part: string): Random =>
  seed === null ? systemRandom : seededRandom(`${part} ${seed}`);
