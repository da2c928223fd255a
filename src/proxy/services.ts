import type { Logger } from 'pino';
import type { LoadBoard } from '../live/load-board.js';
import type { Steering } from '../steering/decide.js';
import type { Sessions } from '../steering/sessions.js';
import type { Deadlines } from './deadlines.js';
import type { ProxyLimits, ProxyTimeouts } from './limits.js';
import type { HostIndex } from './match.js';
import type { RecordServices } from './request-record.js';
import type { Responders } from './responder.js';
import type { Places } from './visit.js';

/** What every connection of one proxy shares. */
export interface ProxyServices extends Places, RecordServices {
  readonly limits: ProxyLimits;
  readonly timeouts: ProxyTimeouts;
  readonly hosts: HostIndex;
  readonly steering: Steering;
  readonly sessions: Pick<Sessions, 'pin'>;
  readonly load: LoadBoard;
  readonly http1Responders: Responders;
  /** For gRPC. */
  readonly http2Responders: Responders;
  readonly deadlines: Deadlines;
  readonly nextRay: () => string;
  readonly log: Logger;
  /** No response may promise to keep its connection any more. */
  readonly isDraining: () => boolean;
}
