import { type NotYet, noticesOf } from '../../not-yet.js';
import type { WireSubnet } from './schema.js';

const NOT_YET: NotYet<WireSubnet> = {
  network: () => 'no addresses are given out of it; it only keeps routes off',
};

export const notices = (subnet: WireSubnet) => noticesOf(NOT_YET, subnet);
