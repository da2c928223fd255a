import type { Duplex } from 'node:stream';
import { faultBehind } from '../../faults/fault-error.js';
import type { LiveFixedResponse } from '../../state/snapshot.js';
import type { Failover } from '../../steering/failover.js';
import type { PublishedHostname } from '../hosts.js';
import { type RequestHead, wantsWebSocket } from '../http/request-head.js';
import type { ResponseFraming, ResponseHead } from '../http/response-head.js';
import { RequestRecord } from '../telemetry/request-record.js';
import { type OriginTarget, originTarget } from '../upstream/origin-target.js';
import type {
  DownstreamStream,
  OriginFailure,
  OwnResponse,
  UpstreamStream,
  UpstreamUser,
} from './contract.js';
import { destinationOf } from './destination.js';
import {
  asksSameOriginAgain,
  type DownListener,
  type FailedAttempt,
  moveOn,
  OriginAttempts,
  RequestBody,
} from './origin-attempts.js';
import {
  checkAnswer,
  type DetailedError,
  EDGE_ERRORS,
  type EdgeErrorName,
  errorAnswer,
  errorOfFailure,
  fixedResponse,
  rayField,
} from './own-answers.js';
import { type ExchangeServices, upstreamPoolFor } from './services.js';

/** Interim responses that one client gets: each is buffered for it. */
const MAX_INTERIMS = 16;

/** One request on its way to an origin, perhaps to a second one, and its response on the way back. */
export class Exchange implements UpstreamUser, DownListener {
  readonly method: string;
  readonly framed: boolean;
  readonly takesTrailers: boolean;
  private readonly ray: string;
  private readonly body: RequestBody;
  private readonly webSocket: boolean;
  private readonly record: RequestRecord;
  private readonly attempts: OriginAttempts;
  /** What the response gets besides the origin's fields, whoever answers. */
  private responseFields: string;
  private originFields = '';
  private choice: Failover | PublishedHostname | null = null;
  private target: OriginTarget | null = null;
  private connection: UpstreamStream | null = null;
  private cancelDial: (() => void) | null = null;
  /** The client was told to send its body. */
  private continued = false;
  private ended = false;
  private interims = 0;

  constructor(
    private readonly services: ExchangeServices,
    private readonly client: DownstreamStream,
    private readonly request: RequestHead,
  ) {
    this.method = request.method;
    this.framed = client.framed;
    this.takesTrailers = client.takesTrailers;
    this.ray = services.nextRay();
    this.responseFields = rayField(this.ray);
    this.record = new RequestRecord(services, this.ray, client.identity.ip, request);
    if (services.faults?.connections) this.record.under(client.identity.faults?.() ?? []);
    this.webSocket = wantsWebSocket(request);
    const hasBody = request.chunked || (request.contentLength ?? 0) > 0;
    this.body = new RequestBody(hasBody, services.limits.replayBytes);
    this.attempts = new OriginAttempts(services, request, this.body, this);
  }

  start(): void {
    const { services, request, client, record, ray, webSocket } = this;
    const destination = destinationOf(services, request, client, record, ray, webSocket);
    if (destination.kind === 'check') {
      // Not for the log of requests, which would soon hold nothing else.
      this.ended = true;
      client.answer(checkAnswer(services.isDraining()), this.responseFields);
    } else if (destination.kind === 'refused') this.refuse(destination.reason);
    else if (destination.kind === 'fixed_response') this.answerFixed(destination.response);
    else {
      this.originFields = destination.fields;
      this.choice = destination.choice;
      this.attempt();
    }
  }

  private answerFixed(response: LiveFixedResponse): void {
    this.ended = true;
    this.answerOurselves(fixedResponse(response), null, null, this.responseFields);
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
    this.connection?.finish();
  }

  clientDrained(): void {
    this.connection?.resume();
  }

  /** The client is gone: nothing is told any more. */
  cancel(): void {
    if (this.ended) return;
    this.stop();
    this.record.end('client_gone');
  }

  /** Answers with an error of our own, or breaks the connection when a response is already on its way. */
  refuse(reason: EdgeErrorName | DetailedError): void {
    if (this.ended) return;
    this.stop();
    const name = typeof reason === 'string' ? reason : reason.name;
    const detail = typeof reason === 'string' ? null : reason.text;
    if (this.client.started) {
      this.record.end(name, detail);
      this.client.abort();
      return;
    }
    const error = typeof reason === 'string' ? EDGE_ERRORS[reason] : reason;
    const answer = errorAnswer(error, this.ray, this.request);
    this.answerOurselves(answer, name, detail, rayField(this.ray), error.status);
  }

  /** `status` is that of the log, where gRPC has another one. */
  private answerOurselves(
    response: OwnResponse,
    error: string | null,
    detail: string | null,
    fields: string,
    status = response.status,
  ): void {
    this.record.status = status;
    if (this.method !== 'HEAD') this.record.bodyBytes = Buffer.byteLength(response.body);
    this.record.end(error, detail);
    this.client.answer(response, fields);
  }

  private stop(): void {
    this.ended = true;
    this.abandonAttempt();
  }

  private abandonAttempt(): void {
    this.abandonConnection();
    this.attempts.end();
  }

  private abandonConnection(): void {
    this.cancelDial?.();
    this.cancelDial = null;
    this.connection?.destroy();
    this.connection = null;
  }

  // Attempts.

  private attempt(): void {
    const { plan } = this.choice!;
    this.record.attempt(plan);
    this.attempts.begin(plan);
    this.target = originTarget(plan.origin, this.request.host, plan.pool.id);
    const ready = upstreamPoolFor(this.services, this.target, this.request).take(this.target);
    if (ready) this.send(ready);
    else this.dial(this.target);
  }

  private dial(target: OriginTarget): void {
    this.cancelDial = upstreamPoolFor(this.services, target, this.request).dial(
      target,
      this.client.identity.ip,
      {
        connected: (upstream) => {
          this.cancelDial = null;
          this.send(upstream);
        },
        failed: (failure, cause) => {
          this.cancelDial = null;
          this.attemptFailed(failure, cause, { unanswered: true, reused: false });
        },
      },
    );
  }

  private send(upstream: UpstreamStream): void {
    this.connection = upstream;
    const { request, body } = this;
    const host = this.target!.host ?? request.authority;
    const { failedConnectors } = this.attempts;
    const asked = { head: request, host, fields: this.originFields, failedConnectors };
    const flowing = upstream.begin(this, asked, body.pieces);
    if (this.services.faults?.connections) this.record.under(upstream.faults);
    if (body.pieces.length > 0) body.forgetIfOverLimit();
    if (body.complete) upstream.finish();
    else if (flowing) this.client.resumeBody();
    else this.waitForOrigin(upstream);
  }

  private waitForOrigin(connection: UpstreamStream): void {
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
    const attempt = this.attempts.failed(failure, cause, this.target!, how);
    const fault = faultBehind(cause);
    if (fault !== null) this.record.under([fault]);
    if (asksSameOriginAgain(attempt)) {
      if (attempt.otherConnector) this.record.attemptFailed(failure, cause.message);
      this.attempts.redialled();
      this.dial(this.target!);
      return;
    }
    this.record.attemptFailed(failure, cause.message);
    this.attempts.end();
    if (moveOn(this.choice!, attempt)) this.attempt();
    else this.refuse(errorOfFailure(failure, cause));
  }

  /** What has not begun to be answered goes elsewhere, where it may; otherwise waiting is still the best. */
  originDown(): void {
    if (this.ended || this.client.started || !this.attempts.mayLeave(this.connection)) return;
    if (!this.choice!.leave()) return;
    this.record.attemptFailed(
      'found_down',
      'health checks found the origin down while the request waited for it',
    );
    this.abandonAttempt();
    this.attempt();
  }

  /** The same for the connector below: another one leads to the origin. */
  connectorDoubtful(connector: string): void {
    if (this.client.started || !this.attempts.leaveConnector(this.connection!)) return;
    this.record.attemptFailed(
      'connector_doubtful',
      `${connector} was found not to reach the origin while the request waited, and another one does`,
    );
    this.abandonConnection();
    this.dial(this.target!);
  }

  // What the connection to the origin tells.

  originContinues(): void {
    if (!this.request.expectContinue || this.continued) return;
    this.continued = true;
    this.client.continue100();
  }

  originInforms(head: ResponseHead): void {
    this.interims += 1;
    if (this.interims <= MAX_INTERIMS) this.client.inform(head);
  }

  originSwitches(head: ResponseHead, socket: Duplex, rest: Buffer): void {
    this.connection = null;
    if (this.webSocket && head.upgrade === 'websocket' && head.connectionUpgrade) {
      this.upgrade(head, socket, rest);
      return;
    }
    socket.on('error', () => {});
    socket.destroy();
    this.refuse('invalid_response');
  }

  /** The request counts as long as its connection lives. */
  private upgrade(head: ResponseHead, socket: Duplex, rest: Buffer): void {
    this.ended = true;
    this.attempts.upgraded(socket);
    this.startSession();
    this.record.answered(head.status);
    this.record.end(null);
    this.client.switchProtocols(head, this.responseFields, socket, rest);
  }

  /** With the response of an origin begins the session that belongs to the request, or moves to this origin. */
  private startSession(): void {
    const cookie = this.choice!.sessionCookie(this.services.sessions);
    if (cookie !== null) this.responseFields += `Set-Cookie: ${cookie}\r\n`;
  }

  responseHead(head: ResponseHead, framing: ResponseFraming): void {
    this.attempts.answered();
    this.record.answered(head.status);
    this.startSession();
    this.client.respond(head, framing, this.responseFields);
  }

  responsePiece(piece: Buffer, lent: boolean): void {
    this.record.bodyBytes += piece.length;
    if (!this.client.piece(piece, lent)) this.connection?.pause();
  }

  responseRead(): void {
    this.client.flush();
  }

  responseComplete(reusable: boolean, trailers: string): void {
    const connection = this.connection!;
    this.connection = null;
    this.ended = true;
    // With a request body half sent, the next request would be taken for the rest of this one.
    connection.release(reusable && this.body.complete && !this.services.isDraining());
    this.attempts.end();
    this.record.end(null);
    this.client.complete(trailers);
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
