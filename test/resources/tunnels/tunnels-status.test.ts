import { expect, test } from 'vitest';
import { connectorViews, tunnelStatus } from '../../../src/resources/tunnels/answers.js';

/** `a012` is the connector "a" with the connections 0, 1 and 2. */
const connectionsOf = (spelled: string) =>
  spelled
    .split(' ')
    .filter(Boolean)
    .flatMap(([clientId, ...indexes]) =>
      indexes.map((index) => ({ clientId: clientId!, connIndex: Number(index) })),
    );

test.each([
  ['', false, 'inactive'],
  ['', true, 'down'],
  ['a0123', true, 'healthy'],
  ['a0123', false, 'healthy'],
  ['a3210', true, 'healthy'],
  ['a0', true, 'healthy'],
  ['a01', true, 'healthy'],
  ['a013', true, 'degraded'],
  ['a1', true, 'degraded'],
  ['a123', true, 'degraded'],
  ['a0123 b0123', true, 'healthy'],
  ['a0123 b13', true, 'healthy'],
  ['a01 b0', true, 'healthy'],
  ['a01 b02', true, 'degraded'],
])(
  'T42 T48 with the connections "%s" and connected before: %s, a tunnel is %3$s',
  (spelled, before, status) => {
    expect(tunnelStatus(connectionsOf(spelled), before)).toBe(status);
  },
);

test('connections are listed under their connector, which runs since the first of them', () => {
  const connection = (clientId: string, connIndex: number, openedAt: number) => ({
    id: `00000000-0000-4000-8000-00000000000${connIndex}`,
    tunnelId: '11111111-2222-4333-8444-555555555555',
    clientId,
    clientVersion: '2026.8.2',
    arch: 'linux_amd64',
    features: ['ha-origin'],
    connIndex,
    coloName: 'LOCAL01',
    originIp: '127.0.0.1',
    openedAt,
    configuration: { applied: connIndex === 1 ? 7 : null, failed: null },
  });
  const views = connectorViews([
    connection('aaaa', 0, 1_000),
    connection('bbbb', 0, 2_000),
    connection('aaaa', 1, 3_000),
  ]);
  expect(views.map(({ id, run_at, conns }) => [id, run_at, conns.length])).toEqual([
    ['aaaa', '1970-01-01T00:00:01.000000Z', 2],
    ['bbbb', '1970-01-01T00:00:02.000000Z', 1],
  ]);
  expect(views.map(({ config_version }) => config_version)).toEqual([7, 0]);
  expect(views[0]).toMatchObject({ version: '2026.8.2', arch: 'linux_amd64', features: ['ha-origin'] });
});
