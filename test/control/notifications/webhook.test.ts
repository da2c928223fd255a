import { createHmac } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Alert } from '../../../src/control/notifications/alert.js';
import { createWebhook, type WebhookOptions } from '../../../src/control/notifications/webhook.js';
import { createFakeClock } from '../../support/fake-clock.js';
import { closedPort, httpOrigin } from '../../support/fake-origins.js';

const alert = (name: string): Alert => ({
  alert_type: 'tunnel_update_event',
  account_id: 'account-1',
  timestamp: '2026-01-02T03:04:05.000Z',
  text: name,
  data: { tunnel_id: 'tunnel-1', tunnel_name: name, action: 'created' },
});

interface Received {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** A receiver that answers with what `answer` says, and a webhook that sends to it. */
async function start(answer: (response: ServerResponse) => void, options: Partial<WebhookOptions> = {}) {
  const received: Received[] = [];
  const lines: Record<string, unknown>[] = [];
  const receiver = await httpOrigin(async (request, response) => {
    received.push({ headers: request.headers, body: await text(request) });
    answer(response);
  });
  const clock = createFakeClock();
  const webhook = createWebhook({
    url: `http://127.0.0.1:${receiver.port}/hook?key=quiet`,
    secret: null,
    real: clock,
    log: pino({ base: null, timestamp: false }, { write: (line) => lines.push(JSON.parse(line)) }),
    ...options,
  });
  onTestFinished(async () => {
    const drained = webhook.drain(0);
    clock.advance(0);
    await drained;
  });
  const names = () => received.map(({ body }) => JSON.parse(body).text);
  return { webhook, clock, received, lines, names };
}

const until = (condition: () => boolean) => vi.waitUntil(condition, { timeout: 100_000, interval: 5 });

test('an alert is posted as JSON with an id of its own', async () => {
  const { webhook, received } = await start((response) => response.end());
  webhook.send(alert('a'));
  webhook.send(alert('b'));
  await until(() => received.length === 2);
  const [first, second] = received.map(({ body }) => JSON.parse(body));
  expect(first).toEqual({ id: expect.stringMatching(/^[0-9a-f-]{36}$/), ...alert('a') });
  expect(second.id).not.toBe(first.id);
  expect(received[0]!.headers).toMatchObject({ 'content-type': 'application/json' });
  expect(received[0]!.headers['x-offramp-signature']).toBeUndefined();
});

test('with a secret it is signed over the time and the body', async () => {
  const { webhook, clock, received } = await start((response) => response.end(), {
    secret: 'a shared secret!',
  });
  webhook.send(alert('a'));
  await until(() => received.length === 1);
  const { headers, body } = received[0]!;
  const seconds = clock.now() / 1_000;
  const digest = createHmac('sha256', 'a shared secret!').update(`${seconds}.${body}`).digest('hex');
  expect(headers['x-offramp-signature']).toBe(`t=${seconds},v1=${digest}`);
});

test('a receiver that fails for a moment is asked again, in order, with the same id', async () => {
  let failures = 2;
  const { webhook, clock, received, names, lines } = await start((response) => {
    failures -= 1;
    response.writeHead(failures >= 0 ? 503 : 200).end();
  });
  webhook.send(alert('a'));
  webhook.send(alert('b'));
  for (const [count, pauseMs] of [
    [1, 1_000],
    [2, 5_000],
  ] as const) {
    await until(() => received.length === count && clock.pending === 1);
    clock.advance(pauseMs);
  }
  await until(() => received.length === 4);
  expect(names()).toEqual(['a', 'a', 'a', 'b']);
  expect(new Set(received.slice(0, 3).map(({ body }) => body)).size).toBe(1);
  expect(lines).toEqual([]);
});

test('what the receiver refuses is not sent again, and the log names its host alone', async () => {
  const { webhook, names, lines } = await start((response) => void response.writeHead(400).end());
  webhook.send(alert('a'));
  webhook.send(alert('b'));
  await until(() => lines.length === 2);
  expect(names()).toEqual(['a', 'b']);
  expect(lines[0]).toMatchObject({
    msg: 'a notification was not delivered',
    host: expect.stringMatching(/^127.0.0.1:\d+$/),
    reason: 'the receiver answered 400',
  });
  expect(JSON.stringify(lines)).not.toContain('quiet');
});

test('a redirect is not followed', async () => {
  const { webhook, received, lines } = await start((response) =>
    response.writeHead(302, { location: '/elsewhere' }).end(),
  );
  webhook.send(alert('a'));
  await until(() => lines.length === 1);
  expect(received).toHaveLength(1);
});

test('a receiver that nobody can reach gets four attempts', async () => {
  const { webhook, clock, lines } = await start(() => {}, { url: `http://127.0.0.1:${await closedPort()}/` });
  webhook.send(alert('a'));
  for (const pauseMs of [1_000, 5_000, 15_000]) {
    await until(() => clock.pending === 1);
    expect(lines).toEqual([]);
    clock.advance(pauseMs);
  }
  await until(() => lines.length === 1);
  expect(lines[0]).toMatchObject({ reason: expect.stringContaining('ECONNREFUSED') });
});

test('a receiver that does not answer has so much time and no more', async () => {
  const { webhook, clock, received } = await start(() => {}, { timeoutMs: 100 });
  webhook.send(alert('a'));
  await until(() => received.length === 1 && clock.pending === 1);
  clock.advance(1_000);
  await until(() => received.length === 2);
});

test('only so many wait, and the log says how many more there were', async () => {
  const held: ServerResponse[] = [];
  const { webhook, names, lines } = await start((response) => {
    if (names().length === 1) held.push(response);
    else response.end();
  });
  for (let count = 0; count < 1_100; count += 1) webhook.send(alert(String(count)));
  await until(() => held.length === 1);
  held[0]!.end();
  await until(() => names().length === 1_001);
  expect(names().at(-1)).toBe('1000');
  expect(lines).toMatchObject([{ dropped: 99 }]);
});

test('at the stop what waits is sent, for as long as there is grace', async () => {
  const { webhook, names } = await start((response) => response.end());
  for (const name of ['a', 'b', 'c']) webhook.send(alert(name));
  await webhook.drain(60_000);
  expect(names()).toEqual(['a', 'b', 'c']);
  const silent = await start(() => {});
  for (const name of ['a', 'b', 'c']) silent.webhook.send(alert(name));
  await until(() => silent.received.length === 1);
  const drained = silent.webhook.drain(10);
  silent.clock.advance(10);
  await drained;
  expect(silent.lines.at(-1)).toMatchObject({ dropped: 2 });
});
