import type { LiveMonitor } from '../../../live/snapshot.js';
import { defaultsOf } from './fields.js';
import type { Monitor } from './store.js';

/** The monitor as the data plane sees it. A method or path that was set to "" is asked for as if it had been left out. */
export function liveMonitor(monitor: Monitor): LiveMonitor {
  const defaults = defaultsOf(monitor.type as LiveMonitor['type']);
  return {
    id: monitor.id,
    type: monitor.type as LiveMonitor['type'],
    method: monitor.method || defaults.method,
    path: monitor.path || defaults.path,
    header: monitor.header as LiveMonitor['header'],
    port: monitor.port,
    timeout: monitor.timeout,
    retries: monitor.retries,
    interval: monitor.interval,
    consecutiveUp: monitor.consecutiveUp,
    consecutiveDown: monitor.consecutiveDown,
    expectedBody: monitor.expectedBody,
    expectedCodes: monitor.expectedCodes,
    followRedirects: monitor.followRedirects,
    allowInsecure: monitor.allowInsecure,
  };
}
