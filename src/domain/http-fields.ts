/**
 * Bytes of the header of one message, requests and responses alike: Cloudflare's limits since October 2025
 * (developers.cloudflare.com/fundamentals/reference/connection-limits and /workers/platform/limits: 128 KB each way).
 */
export const HEADER_BYTES = 128 * 1024;

/** What an `Authorization: Bearer` header may carry as a token, and at most how much of it. Source: RFC 6750, section 2.1 (b64token). */
export const isBearerToken = (text: string) => /^[A-Za-z0-9._~+/=-]{1,512}$/.test(text);
