import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLOUDFLARED, type ConnectorKind } from '../support/connectors.js';
import { openSharedLab, type SharedLab } from '../support/shared-lab.js';
import { trafficClient } from '../support/traffic.js';
import { eventually } from '../support/waiting.js';

/** The same scenario for both: an unmodified cloudflared works wherever our connector does. */
describe.each<[ConnectorKind, boolean]>([
  ['ours', true],
  ['cloudflared', CLOUDFLARED !== undefined],
])('with the connector %s', (kind, available) => {
  if (!available) {
    test.skip('CLOUDFLARED_BIN does not name a cloudflared binary', () => undefined);
    return;
  }
  let lab: SharedLab;
  beforeAll(async () => {
    lab = await openSharedLab();
  });
  afterAll(() => lab.close());

  test('T43 T44 private origins are reached, health follows both tunnel and target, and traffic moves', async () => {
    const [first, second] = [await lab.startOrigin('first'), await lab.startOrigin('second')];
    const pools = [
      await lab.createPool('first', [first], { monitor: (await lab.createMonitor(first)).id }),
      await lab.createPool('second', [second], { monitor: (await lab.createMonitor(second)).id }),
    ];
    await lab.createLoadBalancer('tunnel.example.com', pools);
    expect((await lab.poolHealth(pools[0]!.id))[first.address]).toMatchObject({
      healthy: false,
      failure_reason: 'Network Unreachable',
    });

    const connector = await lab.connect(kind);
    await eventually(async () => {
      const [registered] = (await lab.api.get(`@/cfd_tunnel/${lab.tunnelId}/connections`)).body.result;
      return registered.conns.length === 4;
    });

    const client = trafficClient(lab.offramp.http);
    const servedBy = (name: string) =>
      eventually(async () => (await client.get('tunnel.example.com')).body === name);
    await servedBy('first');
    expect((await lab.poolHealth(pools[0]!.id))[first.address]).toMatchObject({
      healthy: true,
      failure_reason: 'No failures',
    });

    await first.kill();
    await servedBy('second');
    expect((await lab.poolHealth(pools[0]!.id))[first.address]).toMatchObject({
      healthy: false,
      failure_reason: 'TCP connection failed',
    });
    await first.revive();
    await servedBy('first');

    await connector.stop();
    await eventually(
      async () => (await lab.api.get(`@/cfd_tunnel/${lab.tunnelId}`)).body.result.status === 'down',
    );
    expect((await lab.poolHealth(pools[0]!.id))[first.address]).toMatchObject({
      healthy: false,
      failure_reason: 'Network Unreachable',
    });
    expect(await client.get('tunnel.example.com')).toMatchObject({ status: 523 });
    client.close();
  });
});
