import type { DataPlaneListen } from '../bridge/data-plane-thread.js';
import { openDnsSockets } from '../dns/open-sockets.js';
import { openListeningSocket } from '../net/listening-sockets.js';

export type DataPlaneSockets = Awaited<ReturnType<typeof openDataPlaneSockets>>;

/** Opens every socket of a data plane that its configuration does not change. Rejects when one of them cannot be had. */
export async function openDataPlaneSockets({ edge, http, https, dns, tcp }: DataPlaneListen) {
  return {
    edge: await openListeningSocket('edge', edge),
    http: await openListeningSocket('http', http),
    https: await openListeningSocket('https', https),
    dns: await openDnsSockets(dns),
    /** In the order of the ports. */
    tcp: await Promise.all(tcp.map((port) => openListeningSocket('tcp', port))),
  };
}
