import type { LoadBoard } from '../state/load-board.js';
import type { Plan } from '../steering/contract.js';
import type { DialOrigin } from './origin-dial.js';
import type { OnlyPlan } from './published-hostnames.js';

/** Counts one request for the origin that it is under way to: one at a time, and in the end none. */
export class RequestCount {
  private counted: Plan | OnlyPlan | null = null;

  constructor(private readonly load: LoadBoard) {}

  start(plan: Plan | OnlyPlan): void {
    this.counted = plan;
    this.load.requestStarted(plan.pool.id, plan.origin.key);
  }

  end(): void {
    const { counted } = this;
    this.counted = null;
    if (counted) this.load.requestEnded(counted.pool.id, counted.origin.key);
  }
}

/** Each connection counts for the origin that it was made for, until it is closed, whoever uses it. */
export function countConnections(load: LoadBoard, dial: DialOrigin): DialOrigin {
  return (target, clientIp, { connected, failed }) => {
    const { poolId, origin } = target;
    return dial(target, clientIp, {
      connected(socket) {
        load.connectionOpened(poolId, origin.key);
        socket.once('close', () => load.connectionClosed(poolId, origin.key));
        connected(socket);
      },
      failed,
    });
  };
}
