import type { Duplex } from 'node:stream';
import type { Plan } from '../steering/contract.js';
import { DialError } from '../tunnel/egress/contract.js';
import type { DownListener } from './down-verdicts.js';
import { ConnectorFault, type OriginFailure } from './errors.js';
import type { RequestHead } from './head/request-head.js';
import { RequestCount } from './load-counts.js';
import type { OriginTarget } from './origin-target.js';
import type { OnlyPlan } from './published-hostnames.js';
import type { RequestBody } from './request-body.js';
import type { Responder } from './responder.js';
import { type FailedAttempt, MAX_CONNECTOR_MOVES, mayLeaveUnanswered } from './retry.js';
import type { ProxyServices } from './services.js';

type AttemptServices = Pick<ProxyServices, 'load' | 'downVerdicts' | 'offramps'>;

/** The attempts of one request at origins: the one under way, which is counted and follows verdicts, and what all of them have used up. */
export class OriginAttempts {
  /** Connectors of the tunnel that had no answer of this origin, by client id. */
  failedConnectors: Set<string> | null = null;
  private readonly count: RequestCount;
  private plan: Plan | OnlyPlan | null = null;
  private redials = 0;
  private connectorMoves = 0;

  constructor(
    private readonly services: AttemptServices,
    private readonly request: RequestHead,
    private readonly body: RequestBody,
    /** Hears that the origin of the attempt under way was found down. */
    private readonly listener: DownListener,
  ) {
    this.count = new RequestCount(services.load);
  }

  begin(plan: Plan | OnlyPlan): void {
    this.plan = plan;
    this.count.start(plan);
    this.services.downVerdicts.follow(plan.pool.id, plan.origin.key, this.listener);
  }

  /** The request has nothing to do with the origin any more. */
  end(): void {
    this.count.end();
    this.failedConnectors = null;
    this.unfollow();
  }

  /** The request has become an upgraded connection, and counts as long as that lives. */
  upgraded(socket: Duplex): void {
    this.unfollow();
    socket.once('close', () => this.count.end());
  }

  private unfollow(): void {
    const { plan } = this;
    this.plan = null;
    if (plan) this.services.downVerdicts.unfollow(plan.pool.id, plan.origin.key, this.listener);
  }

  /** The same origin is asked again. */
  redialled(): void {
    this.redials += 1;
  }

  /** What the rules of retries go by. */
  failed(
    failure: OriginFailure,
    cause: Error,
    target: OriginTarget,
    how: Pick<FailedAttempt, 'unanswered' | 'reused'>,
  ): FailedAttempt {
    const dialFailure = cause instanceof DialError ? cause.failure : null;
    return {
      failure,
      method: this.request.method,
      replayable: this.body.replayable,
      tunnelLost: failure === 'invalid_response' && dialFailure !== null,
      tunnelAway: dialFailure === 'no_connection',
      otherConnector: cause instanceof ConnectorFault && this.hasOtherConnector(cause, target),
      redials: this.redials,
      ...how,
    };
  }

  /** Whether the request may go elsewhere although its attempt has not failed; null for `responder`: nothing was sent. */
  mayLeave(responder: Responder | null): boolean {
    return mayLeaveUnanswered({
      method: this.request.method,
      replayable: this.body.replayable,
      sent: responder !== null,
      unanswered: !responder?.answered,
    });
  }

  /** As `mayLeave`, for a connector; true takes one of the moves that a request has. */
  leaveConnector(responder: Responder): boolean {
    if (this.connectorMoves >= MAX_CONNECTOR_MOVES || !this.mayLeave(responder)) return false;
    this.connectorMoves += 1;
    return true;
  }

  /** Whether the tunnel has a connector that has not failed with this request. */
  private hasOtherConnector({ clientId }: ConnectorFault, { origin, port }: OriginTarget): boolean {
    this.failedConnectors ??= new Set();
    this.failedConnectors.add(clientId);
    return this.services.offramps
      .connectors(origin, port, this.request.host)
      .some((connector) => !this.failedConnectors!.has(connector.clientId));
  }
}
