import { type Random, systemRandom } from './random.js';

/**
 * Bytes of the header of one message, requests and responses alike: Cloudflare's limits since October 2025
 * (developers.cloudflare.com/fundamentals/reference/connection-limits and /workers/platform/limits: 128 KB each way).
 */
export const HEADER_BYTES = 128 * 1024;

/** What an `Authorization: Bearer` header may carry as a token, and at most how much of it. Source: RFC 6750, section 2.1 (b64token). */
export const isBearerToken = (text: string) => /^[A-Za-z0-9._~+/=-]{1,512}$/.test(text);

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
