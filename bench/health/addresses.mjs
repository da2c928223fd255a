// Which addresses the checked origins have.
import { leftFromOutside } from './own-network.mjs';

const INSIDE = leftFromOutside() !== null;
/** Outside of a network of its own there is no need for more, and each of them is listened on. */
const LOOPBACK = 250;

/** Where the origins listen. */
export const LISTENED = INSIDE ? ['0.0.0.0'] : Array.from({ length: LOOPBACK }, (_, i) => `127.0.0.${i + 1}`);

/** Of the origin with this number: its own in a network of its own, otherwise one that it shares with others. */
export const addressOf = (number) =>
  INSIDE ? `9.${1 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}` : LISTENED[number % LOOPBACK];

/** With these the program checks them. */
export const FLAGS = INSIDE ? [] : ['--direct-network', '127.0.0.0/8'];
