import type { MonitorType } from '../../live/snapshot.js';
import type { Probe } from './probe.js';
import { probeTcp } from './tcp.js';

export const PROBES = {
  http: probeTcp,
  https: probeTcp,
  tcp: probeTcp,
} satisfies Record<MonitorType, Probe>;
