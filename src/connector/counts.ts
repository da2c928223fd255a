/** What a connector has done since it started, for its metrics. Counted by whoever does it. */
export interface Counts {
  /** HTTP requests and raw TCP streams. */
  requests: number;
  concurrentRequests: number;
  requestErrors: number;
  /** Answers of services, by status. */
  readonly responses: Map<number, number>;
  tcpSessions: number;
  activeTcpSessions: number;
  streamConnectErrors: number;
  rateLimitedFlows: number;
  registrations: number;
  readonly registrationFailures: { refused: number; unreachable: number };
  localConfigurations: number;
  localConfigurationErrors: number;
}

export function createCounts(): Counts {
  return {
    requests: 0,
    concurrentRequests: 0,
    requestErrors: 0,
    responses: new Map(),
    tcpSessions: 0,
    activeTcpSessions: 0,
    streamConnectErrors: 0,
    rateLimitedFlows: 0,
    registrations: 0,
    registrationFailures: { refused: 0, unreachable: 0 },
    localConfigurations: 0,
    localConfigurationErrors: 0,
  };
}

export function countResponse({ responses }: Counts, status: number): void {
  responses.set(status, (responses.get(status) ?? 0) + 1);
}
