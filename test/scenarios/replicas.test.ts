import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  cleanUp,
  cleanUpLater,
  connected,
  failure,
  startEdge,
  startOrigin,
  type TestEdge,
  type TestTunnel,
  testAuthority,
  until,
} from '../edge/fixture.js';
import { type ConnectorProcess, spawnConnector } from '../support/connector-process.js';
import { CLOUDFLARED, type ConnectorKind } from '../support/connectors.js';
import { createFakeClock, type FakeClock } from '../support/fake-clock.js';
import { openSharedLab, type SharedLab } from '../support/shared-lab.js';
import { startStream } from '../support/stream.js';
import { eventually } from '../support/waiting.js';

const KINDS: [ConnectorKind, boolean][] = [
  ['ours', true],
  ['cloudflared', CLOUDFLARED !== undefined],
];

describe.each(KINDS)('two replicas of a tunnel with the connector %s', (kind, available) => {
  if (!available) {
    test.skip('CLOUDFLARED_BIN does not name a cloudflared binary', () => undefined);
    return;
  }
  let lab: SharedLab;
  beforeAll(async () => {
    lab = await openSharedLab();
  });
  afterAll(() => lab.close());

  const shown = async () =>
    (await lab.api.get(`@/cfd_tunnel/${lab.tunnelId}/connections`)).body.result as {
      id: string;
      conns: unknown[];
    }[];
  const connections = async () => (await shown()).reduce((sum, { conns }) => sum + conns.length, 0);

  async function startReplica(): Promise<ConnectorProcess> {
    const before = await connections();
    const replica = spawnConnector(kind, lab.offramp, lab.token);
    onTestFinished(async () => void (await replica.end('SIGKILL')));
    await eventually(async () => (await connections()) === before + 4);
    return replica;
  }

  test('a hundred clients see nothing of it when one is killed, and it leaves the API', async () => {
    const [doomed, other] = [await startReplica(), await startReplica()];
    const both = (await shown()).map(({ id }) => id);
    expect(both).toHaveLength(2);
    const origin = await lab.startOrigin('private');
    const pool = await lab.createPool('private', [origin]);
    await lab.createLoadBalancer('replicas.example.com', [pool]);
    const stream = startStream(lab.offramp.http, 'replicas.example.com', { lanes: 100 });
    await stream.everyone('private');
    expect(stream.inFlight).toBeGreaterThan(0);
    await doomed.end('SIGKILL');
    await stream.everyone('private');
    await eventually(async () => (await connections()) === 4);
    expect(both).toContain((await shown())[0]!.id);
    await stream.everyone('private');
    expect(await stream.end()).toMatchObject({ failed: {} });
    expect(other.process.exitCode).toBeNull();
  });
});

describe('a replica that is frozen', () => {
  afterEach(cleanUp);

  /** An edge whose time stands still, and a connector in a process of its own. */
  async function startFrozen(): Promise<{ started: TestEdge; tunnel: TestTunnel; clock: FakeClock }> {
    const clock = createFakeClock();
    const started = await startEdge({ clock });
    // What is cut off after a polite wait, is cut off before the edge is closed.
    cleanUpLater(() => clock.advance(60_000));
    const tunnel = started.addTunnel();
    const connector = await spawnAt(started, tunnel);
    await until(() => started.edge.connections(tunnel.id).length === 4);
    connector.process.kill('SIGSTOP');
    return { started, tunnel, clock };
  }

  async function spawnAt({ address }: TestEdge, tunnel: TestTunnel): Promise<ConnectorProcess> {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'offramp-replicas-'));
    const edgeCa = path.join(folder, 'ca.pem');
    writeFileSync(edgeCa, (await testAuthority()).caCertificate);
    const connector = spawnConnector(
      'ours',
      { edge: `${address.host}:${address.port}`, edgeCa },
      tunnel.token,
    );
    cleanUpLater(async () => {
      await connector.end('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    });
    return connector;
  }

  test('leaves after 15 seconds when nobody uses it, and one that lives stays', async () => {
    const { started, tunnel, clock } = await startFrozen();
    const living = started.addTunnel();
    await started.connect(living);
    const origin = await startOrigin();
    /** Whatever was sent to the living one before has been answered then: answers come in order. */
    const roundTrip = async () => (await connected(started.dial(living, origin.port))).destroy();
    await roundTrip();

    clock.advance(10_000);
    await roundTrip();
    clock.advance(4_999);
    expect(started.edge.connections(tunnel.id)).toHaveLength(4);
    clock.advance(1);
    expect(started.edge.connections(tunnel.id)).toEqual([]);
    expect(started.availability).toContainEqual([tunnel.id, false]);
    expect(started.edge.connections(living.id)).toHaveLength(1);
  });

  test('leaves with all its connections five seconds after a dial has waited for it for a second', async () => {
    const { started, tunnel, clock } = await startFrozen();
    const lost = failure(started.dial(tunnel, 1, { connectTimeoutMs: 2_000 }));
    clock.advance(2_000);
    expect((await lost).failure).toBe('timeout');
    clock.advance(3_999);
    expect(started.edge.connections(tunnel.id)).toHaveLength(4);
    clock.advance(1);
    expect(started.edge.connections(tunnel.id)).toEqual([]);
  });
});
