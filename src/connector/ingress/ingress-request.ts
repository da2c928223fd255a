import type { ConnectorLog } from '../contract.js';
import type { Counts } from '../counts.js';
import { breakOff, type EdgeRequest } from '../edge-stream.js';
import { refuse } from '../refusal.js';

/** A request for a service of an ingress rule. */
export interface IngressRequest extends EdgeRequest {
  readonly method: string;
  /** The visitor's Host. */
  readonly authority: string;
  /** Path and query, as the service gets them. */
  readonly target: string;
  /** The visitor has asked for a WebSocket. */
  readonly isWebSocket: boolean;
}

/** What serving a request needs besides. */
export interface IngressContext {
  readonly counts: Counts;
  readonly log: ConnectorLog;
  /** UUID of this connector, which services are told. */
  readonly clientId: string;
}

/** Serves the requests of one rule. */
export interface OpenService {
  serve(request: IngressRequest): void;
  /** Lets what is under way end, and keeps nothing open besides. */
  retire(): void;
}

/** The service cannot be reached, or has broken off. */
export function failRequest(
  { stream, method }: IngressRequest,
  { counts, log }: IngressContext,
  reason: string,
): void {
  if (stream.destroyed) return;
  counts.requestErrors += 1;
  log.warn({ reason }, 'connector: request failed');
  if (stream.headersSent) breakOff(stream, reason);
  else refuse(stream, 502, reason, method);
}

/** What cannot be said in HTTP/2, or not in HTTP/1.1, fails the request and nothing else. */
export function guard(request: IngressRequest, context: IngressContext, act: () => void): void {
  try {
    act();
  } catch (error) {
    failRequest(request, context, (error as Error).message);
  }
}
