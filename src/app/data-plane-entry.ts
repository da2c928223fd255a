import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import type { DataPlaneListen, DataPlaneOptions } from '../bridge/data-plane-thread.js';
import { openDataPlaneSockets } from './data-plane-sockets.js';

// The data plane's thread begins here: the sockets listen before the greater part of the code is loaded.
const port = parentPort!;
const started = once(port, 'message') as Promise<[DataPlaneOptions]>;
const sockets = await openDataPlaneSockets(workerData as DataPlaneListen);
port.postMessage({ type: 'sockets_open' });
const { startDataPlane } = await import('./data-plane.js');
const [options] = await started;
await startDataPlane(options, sockets, port);
