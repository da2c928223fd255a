import type http from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { ask } from '../proxy/ask.js';
import { apiOf } from '../support/api.js';
import { httpOrigin } from '../support/fake-origins.js';
import { type RunningOfframp, startOfframp } from '../support/offramp.js';
import { runProgram } from '../support/program.js';
import { eventually } from '../support/waiting.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
  readonly events: readonly unknown[];
  readonly status: { readonly code?: number };
}

/** What takes spans as OpenTelemetry's collector does; `status` is what it answers. */
async function collector() {
  const spans: Span[] = [];
  const state = { status: 200, answer: '{}', resources: [] as unknown[] };
  const { port } = await httpOrigin(async (request, response) => {
    expect([request.method, request.url, request.headers['content-type']]).toEqual([
      'POST',
      '/v1/traces',
      'application/json',
    ]);
    const body = JSON.parse(await text(request));
    response.writeHead(state.status).end(state.answer);
    for (const { resource, scopeSpans } of body.resourceSpans) {
      state.resources.push(resource);
      if (state.status === 200) spans.push(...scopeSpans[0].spans);
    }
  });
  return { endpoint: `http://127.0.0.1:${port}`, spans, state };
}

async function traced(endpoint: string, port: number, ...more: string[]): Promise<RunningOfframp> {
  const flags = ['--direct-network=127.0.0.0/8', '--otlp-endpoint', endpoint, '--log-level=error', ...more];
  const offramp = await startOfframp(['--memory', ...flags]);
  onTestFinished(async () => void (await offramp.stop()));
  const api = apiOf(offramp);
  const origins = [{ name: 'one', address: '127.0.0.1', port }];
  const pool = await api.create('@/load_balancers/pools', { name: 'main', origins });
  await api.create('%/load_balancers', {
    ...{ name: 'app.example.com', default_pools: [pool.id], fallback_pool: pool.id, proxied: true },
  });
  return offramp;
}

const portOf = ({ http }: RunningOfframp) => Number(http.split(':').at(-1));
const attributesOf = ({ attributes }: Span) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

test('each request is a span, whose parent is the client and whose child the origin', async () => {
  const { endpoint, spans, state } = await collector();
  const seen: http.IncomingHttpHeaders[] = [];
  const { port } = await httpOrigin((request, response) => {
    seen.push(request.headers);
    response.writeHead(request.url === '/bad' ? 503 : 200).end('one');
  });
  const offramp = await traced(endpoint, port);
  const host = 'app.example.com';
  const headers = { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: 'vendor=1' };
  await ask(portOf(offramp), { host, path: '/cart?secret=1', headers });
  await ask(portOf(offramp), { host, path: '/bad' });
  await eventually(() => spans.length === 2);
  const [first, second] = spans as [Span, Span];
  expect(first).toMatchObject({
    traceId: TRACE,
    parentSpanId: PARENT,
    traceState: 'vendor=1',
    name: 'GET app.example.com',
    kind: 2,
    events: [],
    status: {},
  });
  expect(BigInt(first.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(first.startTimeUnixNano));
  expect(attributesOf(first)).toMatchObject({
    'http.request.method': 'GET',
    'http.response.status_code': '200',
    'url.path': '/cart',
    'server.address': host,
    'client.address': '127.0.0.1',
    'offramp.load_balancer': host,
    'offramp.pool': 'main',
    'offramp.origin': 'one',
    'offramp.off_ramp': 'direct',
  });
  expect(seen[0]).toMatchObject({ traceparent: `00-${TRACE}-${first.spanId}-01`, tracestate: 'vendor=1' });
  expect(second.parentSpanId).toBeUndefined();
  expect(second.status).toEqual({ code: 2 });
  expect(attributesOf(second)['error.type']).toBe('503');
  expect(seen[1]!.traceparent).toBe(`00-${second.traceId}-${second.spanId}-01`);
  expect(state.resources[0]).toMatchObject({
    attributes: [
      { key: 'service.name', value: { stringValue: 'offramp' } },
      { key: 'service.version', value: { stringValue: expect.any(String) } },
    ],
  });
});

test('a collector that refuses costs spans and no request, and what is left is sent at the end', async () => {
  const { endpoint, spans, state } = await collector();
  const { port } = await httpOrigin((_request, response) => response.end('one'));
  state.status = 503;
  const offramp = await traced(endpoint, port);
  const visit = () => ask(portOf(offramp), { host: 'app.example.com' });
  expect((await visit()).status).toBe(200);
  const counted = async () => {
    const response = await fetch(`${new URL(offramp.apiUrl).origin}/metrics`, {
      headers: { authorization: 'Bearer test-token' },
    });
    return [...(await response.text()).matchAll(/offramp_spans_total\{outcome="(\w+)"\} (\d+)/g)].map(
      ([, outcome, count]) => [outcome, Number(count)],
    );
  };
  await eventually(async () => (await counted())[1]?.[1] === 1);
  expect(await counted()).toEqual([
    ['sent', 0],
    ['dropped', 1],
  ]);
  state.status = 200;
  state.answer = JSON.stringify({ partialSuccess: { rejectedSpans: '1', errorMessage: 'too many' } });
  await visit();
  await eventually(async () => (await counted())[1]?.[1] === 2);
  state.answer = '{}';
  await visit();
  expect(await offramp.stop()).toBe(0);
  expect(spans).toHaveLength(2);
});

test.each([
  [['--otlp-endpoint', 'collector:4318'], 'it takes the URL of a collector such as http://127.0.0.1:4318'],
  [
    ['--otlp-endpoint', 'http://127.0.0.1:1', '--trace-share', '2'],
    '--trace-share is "2"; it takes a number from 0 to 1',
  ],
  [['--trace-share', '1'], 'it takes --otlp-endpoint'],
])('%j is refused', async (flags, message) => {
  const { code, err } = await runProgram(['start', '--memory', ...flags]);
  expect([code, err]).toEqual([2, expect.stringContaining(message)]);
});
