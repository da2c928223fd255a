import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import type { Alert } from '../../src/control/notifications/alert.js';
import { CLOUDFLARED, type ConnectorKind, type ConnectorUnderTest } from '../support/connectors.js';
import { type Lab, openLab } from '../support/lab.js';
import type { OriginProcess } from '../support/origin-process.js';
import { eventually } from '../support/waiting.js';

const HOST = 'restart.example.com';

interface Kept {
  readonly lab: Lab;
  readonly connector: ConnectorUnderTest;
  readonly alerts: readonly Alert[];
  readonly origin: OriginProcess;
  readonly poolId: string;
  /** Oldest first. */
  // biome-ignore lint/suspicious/noExplicitAny: events as the API shows them.
  events(): Promise<any[]>;
}

/** An Offramp that keeps its data, with one origin behind a connector, checked and healthy. */
async function openKept(kind: ConnectorKind = 'ours'): Promise<Kept> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'offramp-restart-'));
  const alerts: Alert[] = [];
  const receiver = http.createServer(async (request, response) => {
    alerts.push(JSON.parse(await text(request)));
    response.end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  const { port } = receiver.address() as AddressInfo;
  const lab = await openLab(['--data-dir', dataDir, '--notify-url', `http://127.0.0.1:${port}/`]);
  onTestFinished(async () => {
    await lab.close();
    receiver.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  const origin = await lab.startOrigin('origin');
  const monitor = await lab.createMonitor(origin);
  const connector = await lab.connect(kind);
  const pool = await lab.createPool('pool', [origin], { monitor: monitor.id });
  await lab.createLoadBalancer(HOST, [pool]);
  const events: Kept['events'] = async () =>
    (await lab.api.get('/user/load_balancing_analytics/events')).body.result.reverse();
  // Told, and written down.
  await eventually(async () => (await events()).some((event) => event.pool.healthy));
  await eventually(() => alerts.some(({ alert_type }) => alert_type === 'tunnel_health_event'));
  return { lab, connector, alerts, origin, poolId: pool.id, events };
}

/** One GET on a connection of its own: the status, or the code of what went wrong. */
function visit(address: string): Promise<string> {
  const [hostname, port] = address.split(':');
  return new Promise((resolve) => {
    http
      .get({ hostname, port, agent: false, headers: { host: HOST } }, (response) => {
        response.resume();
        response.once('end', () => resolve(`${response.statusCode}`));
        response.once('error', (error: NodeJS.ErrnoException) => resolve(`${error.code}`));
      })
      .once('error', (error: NodeJS.ErrnoException) => resolve(`${error.code}`));
  });
}

/** Visits without a pause until `work` is done; answers how often each outcome was seen. */
async function visitDuring(address: string, work: () => Promise<unknown>): Promise<Record<string, number>> {
  const outcomes: Record<string, number> = {};
  let done = false;
  const visitor = async () => {
    while (!done) {
      const outcome = await visit(address);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      if (outcome !== '200') await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const visitors = [visitor(), visitor(), visitor(), visitor()];
  await work().finally(() => {
    done = true;
  });
  await Promise.all(visitors);
  return outcomes;
}

test.each<ConnectorKind>(CLOUDFLARED === undefined ? ['ours'] : ['ours', 'cloudflared'])(
  'behind %s a restart fails nobody but who connects while the port is closed, and tells nothing',
  {
    timeout: 300_000,
  },
  async (kind) => {
    const { lab, alerts, origin, poolId, events } = await openKept(kind);
    const before = { events: (await events()).length, alerts: alerts.length };
    const outcomes = await visitDuring(lab.offramp.http, async () => {
      await lab.restart();
      await eventually(async () => (await visit(lab.offramp.http)) === '200');
    });
    const { 200: served, ECONNREFUSED: _refused, ...failed } = outcomes;
    expect({ served, failed }).toEqual({ served: expect.any(Number), failed: {} });
    // What really happens next is the next thing that is told.
    await origin.kill();
    await eventually(async () => (await events()).length > before.events);
    expect((await events()).slice(before.events)).toMatchObject([
      { pool: { id: poolId, healthy: false, changed: true }, origins: [{ healthy: false, changed: true }] },
    ]);
    await eventually(() => alerts.length > before.alerts + 1);
    expect(alerts.slice(before.alerts).map(({ alert_type }) => alert_type)).toEqual([
      'load_balancing_health_alert',
      'load_balancing_health_alert',
    ]);
  },
);

if (CLOUDFLARED === undefined)
  test.skip('CLOUDFLARED_BIN does not name a cloudflared binary', () => undefined);

test('of an origin that dies during a restart one event tells, with what has changed since the last one', async () => {
  const { lab, origin, poolId, events } = await openKept();
  const before = await events();
  expect(before.at(-1)).toMatchObject({ pool: { healthy: true }, origins: [{ healthy: true }] });
  await lab.offramp.stop();
  await origin.kill();
  await lab.restart();
  await eventually(async () => (await events()).length > before.length);
  await origin.revive();
  await eventually(async () => (await events()).length > before.length + 1);
  expect((await events()).slice(before.length)).toMatchObject([
    {
      pool: { id: poolId, healthy: false, changed: true },
      origins: [{ healthy: false, changed: true, failure_reason: 'TCP connection failed' }],
    },
    { pool: { healthy: true, changed: true }, origins: [{ healthy: true, changed: true }] },
  ]);
});

test('a tunnel that does not come back is missed: one event, when it has had its time', async () => {
  const { lab, connector, poolId, events } = await openKept();
  const before = (await events()).length;
  // Killed, so that the end of the connector is not seen before.
  lab.offramp.process.kill('SIGKILL');
  await eventually(() => lab.offramp.process.signalCode !== null);
  await connector.stop();
  await lab.restart();
  expect(await visit(lab.offramp.http)).toBe('523');
  await eventually(async () => (await events()).length > before);
  expect((await events()).slice(before)).toMatchObject([
    {
      pool: { id: poolId, healthy: false, changed: true },
      origins: [{ changed: true, failure_reason: 'Network Unreachable' }],
    },
  ]);
});
