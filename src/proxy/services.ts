import type { Logger } from 'pino';
import type { Place } from '../net/place.js';
import type { Steering } from '../steering/decide.js';
import type { Deadlines } from './deadlines.js';
import type { ProxyLimits, ProxyTimeouts } from './limits.js';
import type { HostIndex } from './match.js';
import type { DialOrigin } from './origin-dial.js';
import type { OriginIdle } from './origin-idle.js';

/** What every connection of one proxy shares. */
export interface ProxyServices {
  readonly limits: ProxyLimits;
  readonly timeouts: ProxyTimeouts;
  readonly hosts: HostIndex;
  readonly steering: Steering;
  /** Where this proxy is. */
  readonly place: Place;
  readonly dialOrigin: DialOrigin;
  readonly idle: OriginIdle;
  readonly deadlines: Deadlines;
  readonly nextRay: () => string;
  readonly log: Logger;
  /** No response may promise to keep its connection any more. */
  readonly isDraining: () => boolean;
}
