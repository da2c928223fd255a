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

const COUNTER_RANGE = 2 ** 32;

const hex = (number: number, digits: number) => number.toString(16).padStart(digits, '0');

/**
 * Makes the values of CF-Ray, `<16 hex digits>-<PoP>`: unique per request, but no secret (half of the digits count).
 */
export function createRays(pop: string, { bytes }: Pick<Random, 'bytes'> = systemRandom): () => string {
  const ends = Array.from({ length: 256 }, (_, last) => `${hex(last, 2)}-${pop}`);
  let prefix = '';
  let beginning = '';
  let counter = COUNTER_RANGE;
  return () => {
    if (counter === COUNTER_RANGE) {
      prefix = bytes(4).toString('hex');
      counter = 0;
    }
    // Of the digits only the last two change from one to the next.
    const last = counter & 255;
    if (last === 0) beginning = prefix + hex(counter >>> 8, 6);
    counter += 1;
    return beginning + ends[last]!;
  };
}
