import { NOWHERE } from '../../../src/net/place.js';
import type { Carriers, Visit } from '../../../src/steering/visit.js';

/** Carriers with these cookies and headers (lower-case names). */
export function carriersOf(
  cookies: Readonly<Record<string, string>> = {},
  headers: Readonly<Record<string, string>> = {},
): Carriers {
  const whole = Object.entries(cookies).map(([name, value]) => `${name}=${value}`);
  return {
    cookie: (name) => cookies[name],
    cookies: () => (whole.length > 0 ? whole.join('; ') : undefined),
    header: (name) => headers[name],
  };
}

export function visitOf(carriers: Carriers | null, now: number): Visit {
  return {
    clientIp: '192.0.2.1',
    random: () => 0,
    now,
    place: NOWHERE,
    facts: () => {
      throw new Error('sessions do not ask for facts');
    },
    carriers,
  };
}
