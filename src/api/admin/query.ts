import { z } from 'zod';
import { parseIp } from '../../net/addresses.js';

/** A name, an id or an address. */
export const words = z.string().min(1, 'must not be empty').max(255, 'must be at most 255 characters');

/** Canonical. */
export const canonicalIp = z.string().transform((text, context) => {
  const ip = parseIp(text);
  if (ip) return ip.text;
  context.addIssue({ code: 'custom', message: `must be an IP address, not "${text.slice(0, 64)}"` });
  return z.NEVER;
});
