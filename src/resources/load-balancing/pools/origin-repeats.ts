import { ApiError } from '../../../api/errors.js';
import type { PlacedOrigin } from './placed-origin.js';

/** Inside a pool a name and an address, in whatever spelling, port or network, stand once. */
export function refuseRepeats(placed: readonly PlacedOrigin[]): void {
  const names = new Map<string, PlacedOrigin>();
  const addresses = new Map<string, PlacedOrigin>();
  for (const one of placed) {
    const namesake = names.get(one.origin.name);
    if (namesake)
      throw repeated(`${one.at}.name ${JSON.stringify(one.origin.name)}`, `${namesake.at} has it`);
    names.set(one.origin.name, one);
    const same = addresses.get(one.address.canonical);
    if (same) throw repeated(one.shown, `it is ${same.shown}, whatever the port or virtual network`);
    addresses.set(one.address.canonical, one);
  }
}

const repeated = (shown: string, holder: string) =>
  new ApiError('validation_failed', `${shown} must be unique in the pool: ${holder}`);
