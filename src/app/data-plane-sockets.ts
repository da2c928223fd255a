import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import type { DataPlaneListen, DataPlaneOptions } from '../bridge/data-plane-thread.js';
import { openDnsSockets } from '../dns/open-sockets.js';
import { openListeningSocket } from '../net/listening-sockets.js';

/** Every socket of the data plane that its configuration does not change. */
export const openedSockets = open(workerData as DataPlaneListen);

async function open({ edge, http, https, dns, tcp }: DataPlaneListen) {
  const opened = {
    edge: await openListeningSocket('edge', edge),
    http: await openListeningSocket('http', http),
    https: await openListeningSocket('https', https),
    dns: await openDnsSockets(dns),
    /** In the order of the ports. */
    tcp: await Promise.all(tcp.map((port) => openListeningSocket('tcp', port))),
  };
  parentPort!.postMessage({ type: 'sockets_open' });
  return opened;
}

const started = once(parentPort!, 'message') as Promise<[DataPlaneOptions]>;

/** What the main thread starts the data plane with, as soon as it has it. */
export const startOptions = async (): Promise<DataPlaneOptions> => (await started)[0];
