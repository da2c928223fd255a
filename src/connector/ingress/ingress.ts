import type { EdgeRequest, EdgeStream } from '../edge-stream.js';
import { refuse } from '../refusal.js';
import type { IngressConfiguration } from './configuration.js';
import { findRule } from './find-rule.js';
import { guard, type IngressContext, type OpenService } from './ingress-request.js';
import { createStatusService, openService } from './open-service.js';
import { readEdgeTarget } from './request-target.js';

/** The rules of one configuration, ready to serve. */
export interface Ingress {
  serve(request: EdgeRequest, isWebSocket: boolean): void;
  /** Takes no new requests; those under way end as they will. */
  retire(): void;
}

/** Rejects when a service cannot be made ready; then nothing is left open. */
export async function openIngress(
  { rules }: IngressConfiguration,
  context: IngressContext,
): Promise<Ingress> {
  const opened = await Promise.allSettled(rules.map((rule) => openService(rule, context)));
  const services = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  const failed = opened.find((one) => one.status === 'rejected');
  if (failed) {
    for (const service of services) service.retire();
    throw failed.reason;
  }
  const withoutRules = createStatusService(503, context);
  const serviceFor = (authority: string, path: string): OpenService => {
    const index = findRule(rules, authority, path);
    context.log.debug({ authority, path, rule: index }, 'connector: request');
    return services[index] ?? withoutRules;
  };
  return {
    serve(request, isWebSocket) {
      const { stream, headers } = request;
      const method = headers[':method'] ?? 'GET';
      const target = readEdgeTarget(headers[':path'] ?? '/');
      const authority = headers[':authority'] ?? String(headers.host ?? '');
      if (target === null) return refuse(stream, 400, 'the path of the request cannot be understood', method);
      context.counts.requests += 1;
      countWhileOpen(stream, context);
      const ingressRequest = { ...request, method, authority, target: target.sent, isWebSocket };
      guard(ingressRequest, context, () => serviceFor(authority, target.path).serve(ingressRequest));
    },
    retire() {
      for (const service of services) service.retire();
    },
  };
}

function countWhileOpen(stream: EdgeStream, { counts }: IngressContext): void {
  counts.concurrentRequests += 1;
  stream.once('close', () => {
    counts.concurrentRequests -= 1;
  });
}
