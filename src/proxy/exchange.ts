import type { Duplex } from 'node:stream';
import type { LiveOrigin } from '../live/snapshot.js';
import type { Plan } from '../steering/plan.js';
import type { Visit } from '../steering/visit.js';
import {
  EDGE_ERRORS,
  type EdgeError,
  type EdgeErrorName,
  errorResponse,
  type OriginFailure,
} from './errors.js';
import { isLoop, originRequestFields, originRequestHead, rayField } from './forward-headers.js';
import { type RequestHead, wantsWebSocket } from './head/request-head.js';
import type { ResponseFraming, ResponseHead } from './head/response-head.js';
import { OriginConnection, type OriginUser } from './origin-connection.js';
import { type OriginTarget, originTarget } from './origin-target.js';
import { RequestBody } from './request-body.js';
import type { Requester } from './requester.js';
import { type FailedAttempt, mayTryAnotherOrigin, replacesStaleConnection } from './retry.js';
import type { ProxyServices } from './services.js';
import { httpVisit } from './visit.js';

/** One request on its way to an origin, perhaps to a second one, and its response on the way back. */
export class Exchange implements OriginUser {
  readonly method: string;
  readonly unchunk: boolean;
  private readonly ray: string;
  private readonly body: RequestBody;
  private readonly webSocket: boolean;
  /** What the response gets besides the origin's fields, whoever answers. */
  private responseFields: string;
  private originFields = '';
  private visit: Visit | null = null;
  private plan: Plan | null = null;
  private target: OriginTarget | null = null;
  private connection: OriginConnection | null = null;
  private cancelDial: (() => void) | null = null;
  /** The one retry is used up. */
  private retried = false;
  /** The client was told to send its body. */
  private continued = false;
  private ended = false;

  constructor(
    private readonly services: ProxyServices,
    private readonly client: Requester,
    private readonly request: RequestHead,
  ) {
    this.method = request.method;
    this.unchunk = !client.takesChunks;
    this.ray = services.nextRay();
    this.responseFields = rayField(this.ray);
    this.webSocket = wantsWebSocket(request);
    const hasBody = request.chunked || (request.contentLength ?? 0) > 0;
    this.body = new RequestBody(hasBody, services.limits.replayBytes);
  }

  start(): void {
    const plan = this.choose();
    if (typeof plan === 'string') {
      this.refuse(plan);
      return;
    }
    this.plan = plan;
    this.originFields = originRequestFields(this.request, this.client, this.ray, this.webSocket);
    this.attempt(plan.origin);
  }

  private choose(): Plan | EdgeErrorName {
    if (isLoop(this.request.cdnLoop)) return 'loop';
    const loadBalancer = this.services.hosts.match(this.request.host);
    if (!loadBalancer) return 'unknown_load_balancer';
    this.visit = httpVisit(loadBalancer, this.request, this.client, this.services.place);
    const decision = this.services.steering.decide(loadBalancer, this.visit);
    return decision.kind === 'plan' ? decision : 'no_pool';
  }

  // What the client's connection tells.

  bodyPiece(piece: Buffer): void {
    this.body.keep(piece);
    if (this.connection === null) {
      // No origin yet: what was read must wait here, so no more than may be kept is read.
      if (this.body.overLimit) this.client.pauseBody();
      return;
    }
    if (!this.connection.send(piece)) this.waitForOrigin(this.connection);
    this.body.forgetIfOverLimit();
  }

  bodyComplete(): void {
    this.body.complete = true;
    this.connection?.awaitOrigin();
  }

  clientDrained(): void {
    this.connection?.resume();
  }

  /** The client is gone, or is sent away: nothing is told any more. */
  cancel(): void {
    this.ended = true;
    this.cancelDial?.();
    this.cancelDial = null;
    this.connection?.destroy();
    this.connection = null;
  }

  /** Answers with an error of our own, or breaks the connection when a response is already on its way. */
  refuse(reason: EdgeErrorName | EdgeError): void {
    if (this.ended) return;
    this.cancel();
    if (this.client.started) {
      this.client.abort();
      return;
    }
    const error = typeof reason === 'string' ? EDGE_ERRORS[reason] : reason;
    this.client.answer(errorResponse(error, this.ray), this.responseFields);
  }

  // Attempts.

  private attempt(origin: LiveOrigin): void {
    this.target = originTarget(origin, this.request.host);
    const idle = this.services.idle.take(this.target.key);
    if (idle) this.send(idle);
    else this.dial(this.target);
  }

  private dial(target: OriginTarget): void {
    const { generation } = this.services.idle;
    this.cancelDial = this.services.dialOrigin(target, this.client.identity.ip, {
      connected: (socket) => {
        this.cancelDial = null;
        this.send(new OriginConnection(socket, target.key, generation, this.services));
      },
      failed: (failure, cause) => {
        this.cancelDial = null;
        this.attemptFailed(failure, cause, { unanswered: true, reused: false });
      },
    });
  }

  private send(connection: OriginConnection): void {
    this.connection = connection;
    connection.begin(this);
    const { pieces } = this.body;
    const host = this.target!.origin.host ?? this.request.authority;
    const head = originRequestHead(this.request, host, this.originFields);
    if (pieces.length === 0) {
      this.sent(connection, connection.sendHead(head));
      return;
    }
    connection.batch(() => {
      let flowing = connection.sendHead(head);
      for (const piece of pieces) flowing = connection.send(piece);
      this.sent(connection, flowing);
    });
    this.body.forgetIfOverLimit();
  }

  private sent(connection: OriginConnection, flowing: boolean): void {
    if (this.body.complete) connection.awaitOrigin();
    else if (flowing) this.client.resumeBody();
    else this.waitForOrigin(connection);
  }

  private waitForOrigin(connection: OriginConnection): void {
    this.client.pauseBody();
    connection.awaitOrigin();
  }

  private attemptFailed(
    failure: OriginFailure,
    cause: Error,
    how: Pick<FailedAttempt, 'unanswered' | 'reused'>,
  ): void {
    const { origin } = this.target!;
    this.services.log.debug({ ray: this.ray, origin: origin.name, failure, cause }, 'an attempt failed');
    const { method, body } = this;
    const attempt: FailedAttempt = { failure, method, replayable: body.replayable, ...how };
    if (replacesStaleConnection(attempt)) {
      this.dial(this.target!);
      return;
    }
    const other = this.retried || !mayTryAnotherOrigin(attempt) ? null : this.alternative();
    if (other === null) {
      this.refuse(failure);
      return;
    }
    this.retried = true;
    this.plan = other;
    this.attempt(other.origin);
  }

  private alternative(): Plan | null {
    return this.services.steering.alternative(this.plan!, this.visit!, []);
  }

  // What the connection to the origin tells.

  originContinues(): void {
    if (!this.request.expectContinue || this.continued) return;
    this.continued = true;
    this.client.continue100();
  }

  originSwitches(head: ResponseHead, socket: Duplex, rest: Buffer): void {
    this.connection = null;
    if (this.webSocket && head.upgrade === 'websocket' && head.connectionUpgrade) {
      this.ended = true;
      this.client.switchProtocols(head, this.responseFields, socket, rest);
      return;
    }
    socket.on('error', () => {});
    socket.destroy();
    this.refuse('invalid_response');
  }

  responseHead(head: ResponseHead, framing: ResponseFraming): void {
    this.client.respond(head, framing, this.responseFields);
  }

  responsePiece(piece: Buffer): void {
    if (!this.client.piece(piece)) this.connection?.pause();
  }

  responseRead(): void {
    this.client.flush();
  }

  responseComplete(reusable: boolean): void {
    const connection = this.connection!;
    this.connection = null;
    this.ended = true;
    // With a request body half sent, the next request would be taken for the rest of this one.
    if (reusable && this.body.complete && !this.services.isDraining()) {
      connection.rest();
      this.services.idle.put(connection);
    } else connection.destroy();
    this.client.complete();
  }

  originDrained(): void {
    if (this.body.complete) return;
    this.connection?.awaitClient();
    this.client.resumeBody();
  }

  originFailed(failure: OriginFailure, cause: Error): void {
    const { answered, reused } = this.connection!;
    this.connection = null;
    if (this.client.started) this.refuse(failure);
    else this.attemptFailed(failure, cause, { unanswered: !answered, reused });
  }
}
