import type { MonitorType } from '../../live/snapshot.js';
import { probeHttp } from './http.js';
import type { Probe } from './probe.js';
import { probeTcp } from './tcp.js';

/** One probe for each type of monitor: a new type does not compile until it has a line here. */
export const PROBES = {
  http: probeHttp,
  https: probeHttp,
  tcp: probeTcp,
} satisfies Record<MonitorType, Probe>;
