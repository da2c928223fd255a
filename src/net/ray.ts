import { type Random, systemRandom } from './random.js';

const COUNTER_RANGE = 2 ** 32;

/**
 * Makes the values of CF-Ray, `<16 hex digits>-<PoP>`: unique per request, but no secret (half of the digits count).
 */
export function createRays(pop: string, { bytes }: Pick<Random, 'bytes'> = systemRandom): () => string {
  let prefix = '';
  let counter = COUNTER_RANGE;
  return () => {
    if (counter === COUNTER_RANGE) {
      prefix = bytes(4).toString('hex');
      counter = 0;
    }
    return `${prefix}${(counter++).toString(16).padStart(8, '0')}-${pop}`;
  };
}
