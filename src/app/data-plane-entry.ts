// The data plane's thread begins here: the sockets listen before the greater part of the code is loaded.
import { openedSockets } from './data-plane-sockets.js';

await openedSockets;
await import('./data-plane.js');
