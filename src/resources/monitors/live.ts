import type { LiveMonitor } from '../../live/snapshot.js';
import type { Monitor } from './store.js';

/** The monitor as the data plane sees it. */
export function liveMonitor(monitor: Monitor): LiveMonitor {
  return {
    id: monitor.id,
    type: monitor.type as LiveMonitor['type'],
    method: monitor.method,
    path: monitor.path,
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
