import { ApiError } from '../../../api/errors.js';
import type { OriginFields } from './fields.js';
import { type OriginAddress, parseOriginAddress } from './origin-address.js';

/** An origin of a request with what its address means and how messages name it. */
export interface PlacedOrigin {
  /** `origins[3]`. */
  readonly at: string;
  /** `origins[3].address "10.0.0.1"`, as the client wrote it. */
  readonly shown: string;
  readonly origin: OriginFields;
  readonly address: OriginAddress;
}

/** Throws when the address is neither an IP address nor a host name. */
export function placeOrigin(origin: OriginFields, index: number): PlacedOrigin {
  const at = `origins[${index}]`;
  const shown = `${at}.address ${JSON.stringify(origin.address)}`;
  const address = parseOriginAddress(origin.address);
  if (!address) throw new ApiError('validation_failed', `${shown} is neither an IP address nor a host name`);
  return { at, shown, origin, address };
}
