import { NOWHERE } from '../../../src/net/locations.js';
import type { RequestContext, SessionSource } from '../../../src/steering/contract.js';

/** A session source with these cookies and headers (lower-case names). */
export function sessionSourceOf(
  cookies: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
): SessionSource {
  const whole = Object.entries(cookies).map(([name, value]) => `${name}=${value}`);
  return {
    cookie: (name) => cookies[name],
    cookies: () => (whole.length > 0 ? whole.join('; ') : undefined),
    header: (name) => headers[name],
  };
}

export function contextOf(sessionSource: SessionSource | null, now: number): RequestContext {
  return {
    clientIp: '192.0.2.1',
    random: () => 0,
    now,
    place: NOWHERE,
    facts: () => {
      throw new Error('sessions do not ask for facts');
    },
    sessionSource,
  };
}
