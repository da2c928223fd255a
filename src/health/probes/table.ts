import type { MonitorType } from '../../domain/policies.js';
import { probeHttp } from './http.js';
import { probeIcmpPing } from './icmp-ping.js';
import type { Probe } from './probe.js';
import { probeSmtp } from './smtp.js';
import { probeTcp } from './tcp.js';
import { probeUdpIcmp } from './udp-icmp.js';

/** One probe for each type of monitor: a new type does not compile until it has a line here. */
export const PROBES = {
  http: probeHttp,
  https: probeHttp,
  tcp: probeTcp,
  udp_icmp: probeUdpIcmp,
  icmp_ping: probeIcmpPing,
  smtp: probeSmtp,
} satisfies Record<MonitorType, Probe>;
