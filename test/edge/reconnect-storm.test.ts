import { afterEach, expect, test } from 'vitest';
import { createConnectionTable } from '../../src/bridge/data-plane.js';
import { createRecorder } from '../../src/storage/recorder.js';
import { connectConfigurable } from './configurable.js';
import { cleanUp, startEdge, until } from './fixture.js';

afterEach(cleanUp);

const CONNECTORS = 1_000;

test('a thousand connectors that come back at once are all registered, configured, counted and written down', async () => {
  const started = await startEdge();
  const { edge } = started;
  const table = createConnectionTable();
  // As many as may wait in the program, and a database that never gets ahead of them.
  const lost: unknown[] = [];
  const written: number[] = [];
  const recorder = createRecorder<number>({
    write: async (remaining) => {
      await new Promise((resolve) => setImmediate(resolve));
      written.push(remaining);
    },
    limit: 10_000,
    onLost: (error) => lost.push(error),
  });
  edge.onConnection(({ type, connection }) =>
    recorder.record(type === 'opened' ? table.add(connection) : table.remove(connection)),
  );
  edge.onConfiguration(({ id, tunnelId }, state) => table.configured(tunnelId, id, state));

  const tunnels = Array.from({ length: CONNECTORS }, () =>
    started.addTunnel({ configuration: { version: 1, config: '{}' } }),
  );
  const connectors = await Promise.all(tunnels.map((tunnel) => connectConfigurable(started, tunnel)));
  const appliedOf = (id: string) => table.of(id).map(({ configuration }) => configuration.applied);
  await until(() => tunnels.every(({ id }) => appliedOf(id)[0] === 1));
  expect(tunnels.every(({ id }) => edge.connections(id).length === 1)).toBe(true);
  expect(connectors.every(({ pushes }) => pushes.length === 1)).toBe(true);

  expect(edge.drop(tunnels[0]!.id, null)).toBe(1);
  expect([edge.connected(tunnels[0]!.id), edge.connected(tunnels[1]!.id)]).toEqual([false, true]);
  for (const { session } of connectors) session.destroy();
  await until(() => tunnels.every(({ id }) => table.of(id).length === 0));
  await recorder.settled();
  expect(lost).toEqual([]);
  expect(written).toHaveLength(2 * CONNECTORS);
});
