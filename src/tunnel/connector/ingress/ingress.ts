import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { realTime } from '../../../net/clock.js';
import { countResponse } from '../contract.js';
import {
  closeWhenAnswered,
  type EdgeRequest,
  type EdgeStream,
  guard,
  type IngressContext,
  type OpenService,
  refuse,
} from '../edge-stream.js';
import { type IngressConfiguration, type IngressRule, matchesHost, requestHost } from './configuration.js';
import { responseHeaders } from './headers.js';
import { openHttpOrigin } from './http-origin.js';
import { createHttpService } from './http-service.js';
import { createTcpService } from './tcp-service.js';

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

/** The index of the first rule from the top that takes a request; -1 only when there are none, since the last takes all. */
export function findRule(rules: readonly IngressRule[], authority: string, path: string): number {
  const host = requestHost(authority);
  return rules.findIndex((rule) => matchesHost(rule.host, host) && (rule.path?.matches(path) ?? true));
}

/** A target as it is matched with rules, and as the service gets it. */
interface EdgeRequestTarget {
  /** Without the query, percent escapes decoded. */
  readonly path: string;
  /** Path and query. */
  readonly sent: string;
}

/** What may stand in a path as it is, percent escapes included. */
const VALID_PATH = /^[A-Za-z0-9\-_.~$&+,/:;=@!'()*[\]%]*$/;
/** What is escaped in a path that is written anew: more than what is not valid. */
const ESCAPED = /[^A-Za-z0-9\-_.~$&+,/:;=@]/g;

/**
 * Reads a target as Go's `net/url` does, and so cloudflared: a path with nothing but valid characters stays as it came, its
 * escapes included (`/a%2Fb`, `//`, `/../`); any other is decoded and escaped anew as a whole, so that `/a%2Fb|c` becomes
 * `/a/b%7Cc`. A query stays as it came. Null for an escape that is none, a path that does not start with `/`, and a blank in
 * a query.
 */
export function readEdgeTarget(target: string): EdgeRequestTarget | null {
  if (target === '*') return { path: '*', sent: '*' };
  const mark = target.indexOf('?');
  const raw = mark < 0 ? target : target.slice(0, mark);
  const query = mark < 0 ? '' : target.slice(mark);
  if (!raw.startsWith('/') || !/^[\x21-\xff]*$/.test(query)) return null;
  if (/%(?![0-9A-Fa-f]{2})/.test(raw)) return null;
  const bytes = raw.replace(/%(..)/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  const path = Buffer.from(bytes, 'latin1').toString('utf8');
  return { path, sent: `${VALID_PATH.test(raw) ? raw : bytes.replace(ESCAPED, escaped)}${query}` };
}

const escaped = (character: string) =>
  `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;

/** Makes ready what a rule leads to. Rejects with a ConfigurationError when a file that it names cannot be used. */
async function openService(
  { service, originRequest }: Pick<IngressRule, 'service' | 'originRequest'>,
  context: IngressContext,
): Promise<OpenService> {
  switch (service.kind) {
    case 'http':
    case 'unix':
      return createHttpService(await openHttpOrigin(service, originRequest), context);
    case 'tcp':
      return createTcpService(service, originRequest, context);
    case 'bastion':
      return createTcpService(null, originRequest, context);
    case 'status':
      return createStatusService(service.status, context);
    case 'hello':
      return await openHelloWorld(originRequest, context);
  }
}

/** Answers every request with a status and nothing else. */
function createStatusService(status: number, { counts }: IngressContext): OpenService {
  return {
    serve({ stream }) {
      countResponse(counts, status);
      closeWhenAnswered(stream);
      stream.respond(responseHeaders(status, []), { endStream: true });
    },
    retire() {},
  };
}

async function openHelloWorld(
  originRequest: IngressRule['originRequest'],
  context: IngressContext,
): Promise<OpenService> {
  const hello = await startHelloWorld();
  const address = {
    kind: 'http',
    text: 'hello_world',
    tls: false,
    host: '127.0.0.1',
    port: hello.port,
  } as const;
  const service = createHttpService(await openHttpOrigin(address, originRequest), context);
  return {
    serve: service.serve,
    retire() {
      service.retire();
      hello.close();
    },
  };
}

/** A small web server of our own, for a first try of a tunnel. */
interface HelloWorld {
  readonly port: number;
  close(): void;
}

const started = new Date(realTime.now());

/** Listens on a free port of loopback; requests under way may end after `close`. */
async function startHelloWorld(): Promise<HelloWorld> {
  const server = http.createServer((request, response) => {
    request.resume();
    serveHello(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeIdleConnections();
    },
  };
}

function serveHello(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url!.split('?', 1)[0];
  if (path === '/_health') return void response.end('ok');
  if (path === '/uptime') {
    const uptime = `${Math.floor((realTime.now() - started.getTime()) / 1000)}s`;
    response.setHeader('Content-Type', 'application/json');
    return void response.end(JSON.stringify({ startTime: started.toISOString(), uptime }));
  }
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(helloPage(request));
}

function helloPage({ method, url, headers }: IncomingMessage): string {
  const rows = Object.entries(headers).map(
    ([name, value]) => `<dt>${escapeHtml(name)}<dd>${escapeHtml(String(value))}`,
  );
  return `<!doctype html>
<meta charset="utf-8">
<title>Hello from behind the tunnel</title>
<h1>Hello from behind the tunnel</h1>
<p>The connector answers this itself: the tunnel works. Now point its ingress rule at a service of yours.</p>
<p>${escapeHtml(method!)} ${escapeHtml(url!)}</p>
<dl>${rows.join('')}</dl>
`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (character) => ENTITIES[character]!);
