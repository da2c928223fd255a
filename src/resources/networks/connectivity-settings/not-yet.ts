import { type NotYet, noticesOf } from '../../not-yet.js';
import type { Settings } from './schema.js';

const NOT_YET: NotYet<Settings> = {
  icmp_proxy_enabled: (enabled) => (enabled ? 'no ICMP is proxied' : undefined),
  offramp_warp_enabled: (enabled) => (enabled ? 'there is no traffic between devices' : undefined),
};

export const notices = (settings: Settings) => noticesOf(NOT_YET, settings);
