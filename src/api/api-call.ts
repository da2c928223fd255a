import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ApiCall, MAX_KEPT_BODY } from './call-log.js';
import { OPERATION_IDS } from './openapi/operation-ids.js';
import { pathOf } from './paths.js';

type Route = FastifyRequest['routeOptions'];

/** Not of Cloudflare's API: what is asked of Offramp itself, and its documentation. */
export const isOfOfframp = ({ url, config }: Route): boolean =>
  url?.startsWith('/_offramp/') || config.open === true || config.documentation === true;

/** What is taken down of a request that was answered after `durationMs`, at the time `at`. */
export function callOf(
  request: FastifyRequest,
  route: Route,
  reply: FastifyReply,
  durationMs: number,
  at: number,
): ApiCall {
  const { method, url, refusal } = request;
  const path = pathOf(url);
  return {
    ray: String(reply.getHeader('cf-ray') ?? ''),
    at,
    durationMs: Math.round(durationMs * 100) / 100,
    clientIp: request.ip,
    credential: request.credential?.id ?? null,
    method,
    path,
    query: url.slice(path.length + 1),
    operation: operationOf(method, route),
    status: reply.statusCode,
    errors: refusal ? [{ code: refusal.row.code, message: refusal.message }] : NO_ERRORS,
    body: request.sent == null || isLong(request) ? null : request.sent,
  };
}

const NO_ERRORS: ApiCall['errors'] = [];

const isLong = ({ headers }: FastifyRequest) =>
  Number(headers['content-length'] ?? Number.POSITIVE_INFINITY) > MAX_KEPT_BODY;

/** By the configuration of the route, which each operation has one of. */
const names = new WeakMap<object, string | null>();

/** By its name in the OpenAPI document. */
function operationOf(method: string, { url, config }: Route): string | null {
  if (url === undefined) return null;
  const known = names.get(config);
  if (known !== undefined) return known;
  const name = OPERATION_IDS[`${method} ${url.replace(/:(\w+)/g, '{$1}')}`] ?? null;
  names.set(config, name);
  return name;
}
