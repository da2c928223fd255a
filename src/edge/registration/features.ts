/**
 * Announced at registration by a connector that passes the end of each direction of a byte stream on by itself. Others, such
 * as cloudflared, close both directions as soon as either has ended.
 */
export const HALF_CLOSE_FEATURE = 'offramp_half_close';
