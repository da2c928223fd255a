import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
  LogController,
} from 'fastify';
import { validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Logger } from 'pino';
import type { ZodType } from 'zod';
import type { Clock } from '../net/clock.js';
import type { Random } from '../net/random.js';
import { createRays } from '../net/random.js';
import type { AccessDirectory } from './access.js';
import { callOf, isOfOfframp } from './api-call.js';
import { type ApiFaults, answerFault } from './api-faults.js';
import {
  type AuthPolicy,
  authenticate,
  type Circumstances,
  type Credential,
  passwordAsToken,
} from './auth.js';
import type { CallLog } from './call-log.js';
import { CAREFUL_LINES } from './careful-response.js';
import { isLingering, linger } from './close-in-stages.js';
import { failure } from './envelope.js';
import { ApiError } from './errors.js';
import type { Family } from './families.js';
import { acceptJsonBodies, hasBody } from './json-body.js';
import { createMethodIndex } from './method-index.js';
import { canonicalUrl, pathOf } from './paths.js';
import { type Attempt, authorize } from './permissions.js';
import { type RateLimit, rateHeaders } from './rate-limit.js';
import { serialize } from './rendered.js';
import { toApiError } from './thrown.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    readonly family?: Family;
    /** Reachable without a credential. */
    readonly open?: boolean;
    /** For people: reachable without a credential where every one is good, else with one that a browser can ask for. */
    readonly documentation?: boolean;
    /** Reachable without a credential where every one is good: the caller is on this machine. */
    readonly openLocally?: boolean;
    /** Takes a token that does not count, to tell that. */
    readonly evenUnusable?: boolean;
  }
  interface FastifyRequest {
    credential: Credential | null;
    /** The body as it was sent. */
    sent: unknown;
    /** Why it was refused. */
    refusal: ApiError | null;
  }
}

/** The Fastify instance as resources see it: Zod schemas type their requests. */
export type Http = ReturnType<typeof createHttp>;

export interface HttpOptions {
  readonly auth: AuthPolicy;
  /** Tokens that were made through the API. */
  readonly access: AccessDirectory;
  /** Whether those tokens are the ones that the database has. */
  readonly currency: Currency;
  /** Null lets everybody ask as often as they like. */
  readonly rateLimit: RateLimit | null;
  /** What tests make clients see; null where there are no tests. */
  readonly faults: ApiFaults | null;
  /** Code of the point of presence, shown in `cf-ray`. */
  readonly pop: string;
  /** What `cf-ray` begins with. */
  readonly random: Random;
  /** By which tokens count. */
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Logger;
  /** Takes down what was asked; null for nothing. */
  readonly calls: Pick<CallLog, 'add'> | null;
  /** Hears of every request that was answered; `route` is the pattern of its path, undefined where nothing is served. */
  readonly onAnswered?: (method: string, route: string | undefined, status: number, seconds: number) => void;
  /** Listens already, and gives its requests to the instance when that is ready; null for an instance that nobody calls. */
  readonly server: Server | null;
}

/** Whether what memory shows is what the database has. */
export interface Currency {
  isCurrent(): boolean;
  /** Resolves when it is; rejects when it is not after `ms`. */
  whenCurrent(ms: number): Promise<void>;
}

/** Milliseconds that a request with a token that was made through the API waits until it is known to exist still. */
const TOKEN_PATIENCE_MS = 1_000;

/** Given from the beginning, they spare each start the loading of Fastify's own, which are large. */
const COMPILERS = {
  compilersFactory: {
    buildValidator: () => validatorCompiler,
    // Answers are built from typed values; validating them again would cost more than the whole request.
    buildSerializer: () => () => serialize,
  },
} as unknown as NonNullable<FastifyServerOptions['schemaController']>;

/** A server that speaks the API's wire format and knows no resource. */
export function createHttp(options: HttpOptions) {
  const nextRay = createRays(options.pop, options.random);
  const app = Fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    rewriteUrl: (request) => canonicalUrl(request.url ?? '/'),
    ...(options.server ? { serverFactory: () => options.server! } : {}),
    routerOptions: { maxParamLength: 512 },
    schemaController: COMPILERS,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    clientErrorHandler: refuseGarbage,
    frameworkErrors: (_error, request, reply) => refusePath(request.originalUrl, reply.raw, nextRay()),
  }).withTypeProvider<ZodTypeProvider>();
  acceptJsonBodies(app as unknown as FastifyInstance);
  const methods = createMethodIndex();
  app.addHook('onRoute', (route) => methods.add(route.url, route.method));
  app.decorateRequest('credential', null);
  app.decorateRequest('sent', null);
  app.decorateRequest('refusal', null);
  const { calls, clock, onAnswered } = options;
  // Hooks are on the way of every answer, so what need not wait has no promise, and a request has few of them.
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions;
    const ms = reply.elapsedTime;
    onAnswered?.(request.method, route.url, reply.statusCode, ms / 1e3);
    if (calls && !isOfOfframp(route)) calls.add(callOf(request, route, reply, ms, clock.now()));
    done();
  });
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('cf-ray', nextRay());
    const answered = admit(request, reply);
    if (answered) return answered;
    done();
  });
  /** The answer of a request that goes no further; throws what it is refused with. */
  const admit = (
    request: FastifyRequest,
    reply: FastifyReply,
  ): FastifyReply | Promise<unknown> | undefined => {
    const route = request.routeOptions;
    const { open = false, documentation = false, openLocally = false, evenUnusable = false } = route.config;
    if (open || ((documentation || openLocally) && options.auth.mode === 'any')) return undefined;
    const now = new Date(options.clock.now());
    const circumstances = { tokens: options.access, now, address: request.ip, evenUnusable };
    if (request.is404) {
      // Before a word about credentials, content types or bodies; whoever shows a good credential is counted all the same.
      const known = options.rateLimit && knownCredential(request, options.auth, circumstances);
      if (options.rateLimit && known) countRequest(options.rateLimit, known, reply);
      return refuseUnserved(request, reply);
    }
    const identify = () =>
      documentation
        ? identifyReader(request, reply, options.auth, circumstances)
        : authenticate(request.headers, options.auth, circumstances);
    const goOn = () => {
      const { token } = request.credential!;
      if (token) options.access.used(token.id, circumstances.now);
      // Cloudflare's limit is one of its API, and what is for tests or looks on must work when it is reached.
      if (isOfOfframp(route)) return undefined;
      if (options.rateLimit) countRequest(options.rateLimit, request.credential!, reply);
      const fault = options.faults?.strike(request.method, pathOf(request.url));
      return fault ? answerFault(options.faults!, fault, reply) : undefined;
    };
    request.credential = identify();
    if (!request.credential.token || options.currency.isCurrent()) return goOn();
    return untilCurrent(options.currency).then(() => {
      request.credential = identify();
      return goOn();
    });
  };
  // A path whose identifiers are none is not there, whatever the body or the token; what a token may not do needs no body to be refused.
  app.addHook('preParsing', (request, reply, payload, done) => {
    const judged = hasBody(request.headers) || request.credential?.token;
    const params = judged && (request.routeOptions.schema?.params as ZodType | undefined);
    if (params && !params.safeParse(request.params).success) return void refuseUnserved(request, reply);
    checkPermission(request);
    done(null, payload);
  });
  // Once more with the body, since it names the account of a new zone, and before anything is told about it.
  app.addHook('preValidation', (request, _reply, done) => {
    request.sent = request.body;
    if (request.body !== undefined) checkPermission(request);
    done();
  });
  const checkPermission = (request: FastifyRequest): void => {
    const token = request.credential?.token;
    if (token && !request.is404 && !request.routeOptions.config.documentation)
      authorize(token, options.access, attemptOf(request));
  };
  // Set last: Fastify adds a charset, and cloudflared reads error bodies of exactly this type only.
  app.addHook('onSend', (_request, reply, payload, done) => {
    const type = String(reply.getHeader('content-type') ?? '');
    if (type.startsWith('application/json')) reply.header('content-type', 'application/json');
    done(null, payload);
  });
  // Also of a malformed identifier, which may be the word of another path: `PUT /load_balancers/monitors`.
  const refuseUnserved = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const allowed = methods.of(pathOf(request.url));
    const otherMethods = allowed.length > 0 && !allowed.includes(request.method);
    if (otherMethods) reply.header('allow', [...new Set(allowed)].join(', '));
    const error = otherMethods
      ? new ApiError('method_not_available', request.method)
      : new ApiError('no_such_route', pathOf(request.originalUrl));
    request.refusal = error;
    return reply.code(error.row.status).send(failure(error));
  };
  app.setNotFoundHandler(refuseUnserved);
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    if (error.validationContext === 'params') return void refuseUnserved(request, reply);
    const known = toApiError(error, request);
    request.refusal = known;
    logFailure(request, known, error);
    // The Go and TypeScript SDKs repeat a 409 up to ten times unless told not to.
    if (known.row.status === 409 || known.row.repeat === false) reply.header('x-should-retry', 'false');
    if (known.row.retryAfter) reply.header('retry-after', String(known.row.retryAfter));
    reply.code(known.row.status).send(failure(known));
  });
  return app;
}

/** Rejects with the error of a request that has waited too long. */
const untilCurrent = (currency: Currency) =>
  currency.whenCurrent(TOKEN_PATIENCE_MS).catch(() => {
    throw new ApiError('tokens_not_current');
  });

/** A person with a browser, which asks for a password when it is told to. Any token will do: the documentation shows nothing that is anybody's. */
function identifyReader(
  request: FastifyRequest,
  reply: FastifyReply,
  policy: AuthPolicy,
  circumstances: Circumstances,
): Credential {
  try {
    return authenticate(passwordAsToken(request.headers), policy, circumstances);
  } catch {
    reply.header('www-authenticate', 'Basic realm="Offramp: any user name, an API token as password"');
    throw new ApiError('documentation_closed');
  }
}

/** What a fault of ours was needs its stack; of a database that is away, which fails many requests, its word is enough. */
function logFailure(request: FastifyRequest, { row, message }: ApiError, error: Error): void {
  if (row.status < 500) return;
  if (row.status !== 503) request.log.error({ err: error, url: request.url }, 'request failed');
  else request.log.warn({ url: request.url, answer: message, reason: error.message }, 'request not served');
}

/** The credential of a request, or null when it has no good one. */
function knownCredential(
  request: FastifyRequest,
  auth: AuthPolicy,
  circumstances: Parameters<typeof authenticate>[2],
): Credential | null {
  try {
    return authenticate(request.headers, auth, circumstances);
  } catch (error) {
    if (error instanceof ApiError) return null;
    throw error;
  }
}

/** Every answer tells how the user stands; one too many is refused. */
function countRequest(rateLimit: RateLimit, { id }: Credential, reply: FastifyReply): void {
  const verdict = rateLimit.take(id);
  reply.headers(rateHeaders(verdict, rateLimit.window));
  if (verdict.blocked) throw new ApiError('rate_limited');
}

/** The path as the router has understood it, so that nobody can spell another one. */
function attemptOf({ method, routeOptions, params, body }: FastifyRequest): Attempt {
  const values = params as Record<string, string>;
  const segments = (routeOptions.url ?? '')
    .split('/')
    .map((part) => (part.startsWith(':') ? (values[part.slice(1)] ?? '') : part));
  return { method, segments, body };
}

/** The router gave up before any hook ran: a broken escape, or a segment that is too long for any identifier. */
function refusePath(url: string, response: ServerResponse, ray: string): void {
  const error = new ApiError('no_such_route', pathOf(url).slice(0, 512));
  const body = JSON.stringify(failure(error));
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  response.writeHead(error.row.status, { ...headers, 'cf-ray': ray }).end(body);
}

/** What is not HTTP, too long or too slow gets one line and the connection ends. */
function refuseGarbage(error: NodeJS.ErrnoException, socket: Socket): void {
  // What comes behind it is no request either.
  if (isLingering(socket)) return;
  if (!socket.writable) return void socket.destroy();
  const status = GARBAGE[error.code ?? ''] ?? '400 Bad Request';
  socket.write(`HTTP/1.1 ${status}\r\n${CAREFUL_LINES}Content-Length: 0\r\nConnection: close\r\n\r\n`);
  linger(socket);
}

const GARBAGE: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};
