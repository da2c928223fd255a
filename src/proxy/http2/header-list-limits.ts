import type { HeadLimits } from '../limits.js';

/** Pseudo-headers and crumbs of cookies come on top of the fields that are counted. */
const EXTRA_PAIRS = 64;
/** RFC 9113 section 6.5.2: what each field counts beside its name and value. */
const FIELD_OVERHEAD = 32;
/** A field that is refused for its size shall be read first: whoever sent it is told the limit and does not just lose the stream. */
const READ_BEYOND = 2;

/**
 * SETTINGS_MAX_HEADER_LIST_SIZE. Node goes by it as well: a larger list costs its stream, without a word about the reason.
 * The limits themselves are kept by the reader of the head.
 */
export function headerListBytes({ headBytes, fieldCount }: HeadLimits): number {
  return READ_BEYOND * headBytes + FIELD_OVERHEAD * fieldCount;
}

/** What Node's HTTP/2 takes and sends of fields in one head, where its own defaults (128 pairs, 64 KiB) are below the limits. */
export function headerListLimits(limits: HeadLimits): {
  readonly maxHeaderListPairs: number;
  readonly maxSendHeaderBlockLength: number;
} {
  return {
    maxHeaderListPairs: READ_BEYOND * limits.fieldCount + EXTRA_PAIRS,
    // The library reckons with the worst case of its compression, and raw bytes become two as UTF-8.
    maxSendHeaderBlockLength: 2 * headerListBytes(limits) + FIELD_OVERHEAD * limits.fieldCount,
  };
}
