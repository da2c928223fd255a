/**
 * Bytes of the header of one message, requests and responses alike: Cloudflare's limits since October 2025
 * (developers.cloudflare.com/fundamentals/reference/connection-limits and /workers/platform/limits: 128 KB each way).
 */
export const HEADER_BYTES = 128 * 1024;
