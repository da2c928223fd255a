import { type Random, systemRandom } from './random.js';

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
