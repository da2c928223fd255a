import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ApiCall, MAX_KEPT_BODY } from './call-log.js';
import { OPERATION_IDS } from './openapi/operation-ids.js';
import { pathOf } from './paths.js';

/** Not of Cloudflare's API: what is asked of Offramp itself, its documentation and its metrics. */
export const isOfOfframp = ({ routeOptions: { url, config } }: FastifyRequest): boolean =>
  url?.startsWith('/_offramp/') ||
  config.open === true ||
  config.documentation === true ||
  config.openLocally === true;

/** What is taken down of a request that was answered, at the time `at`. */
export function callOf(request: FastifyRequest, reply: FastifyReply, at: number): ApiCall {
  const { method, url, refusal, headers } = request;
  const path = pathOf(url);
  const isLong = Number(headers['content-length'] ?? Number.POSITIVE_INFINITY) > MAX_KEPT_BODY;
  return {
    ray: String(reply.getHeader('cf-ray') ?? ''),
    at,
    durationMs: Math.round(reply.elapsedTime * 100) / 100,
    clientIp: request.ip,
    credential: request.credential?.id ?? null,
    method,
    path,
    query: url.slice(path.length + 1),
    operation: request.is404 ? null : operationOf(method, request.routeOptions.url),
    status: reply.statusCode,
    errors: refusal ? [{ code: refusal.row.code, message: refusal.message }] : [],
    body: isLong ? null : (request.sent ?? null),
  };
}

const names = new Map<string, string | null>();

/** By its name in the OpenAPI document. */
function operationOf(method: string, template = ''): string | null {
  const key = `${method} ${template}`;
  const known = names.get(key);
  if (known !== undefined) return known;
  const name = OPERATION_IDS[key.replace(/:(\w+)/g, '{$1}')] ?? null;
  names.set(key, name);
  return name;
}
