import { once } from 'node:events';
import { expect, test } from 'vitest';
import { parseCidr } from '../../src/net/addresses.js';
import type { SnapshotDelta } from '../../src/state/snapshot.js';
import { createSnapshotStore } from '../../src/state/snapshot-store.js';
import { DialError, type DialOptions } from '../../src/tunnel/egress/contract.js';
import { createDirectDialer } from '../../src/tunnel/egress/direct.js';
import { createOffRamps } from '../../src/tunnel/egress/select.js';
import { tcpOrigin } from '../support/fake-origins.js';
import { liveOrigin, liveRoute, liveTunnel } from '../support/live-objects.js';
import { createLoopbackTunnels } from '../support/loopback-tunnels.js';

const OPTIONS: DialOptions = { connectTimeoutMs: 5_000, clientIp: '192.0.2.1', purpose: 'traffic' };
const at = (address: string, virtualNetworkId: string | null = 'vnet-1') =>
  liveOrigin({ address, virtualNetworkId });

function start() {
  const store = createSnapshotStore();
  const tunnels = createLoopbackTunnels();
  const offramps = createOffRamps({ store, tunnels, direct: createDirectDialer() });
  for (const tunnel of ['tunnel-1', 'tunnel-2']) tunnels.connect(tunnel);
  let revision = 0;
  const apply = (delta: Partial<SnapshotDelta>) => {
    revision += 1;
    store.apply({ revision, complete: false, upsert: {}, remove: {}, ...delta });
  };
  const tunnelTo = (address: string, virtualNetworkId?: string) => {
    const way = offramps.select(at(address, virtualNetworkId));
    return way.kind === 'tunnel' ? way.tunnelId : way.kind;
  };
  return { store, tunnels, offramps, apply, tunnelTo };
}

test('an origin without a virtual network is dialled directly, whatever routes there are', () => {
  const { offramps, apply } = start();
  apply({ upsert: { route: [liveRoute({ network: '0.0.0.0/0' })] } });
  for (const address of ['1.1.1.1', '127.0.0.1', '2606:4700::1', 'origin.example'])
    expect(offramps.select(at(address, null)), address).toEqual({ kind: 'direct' });
});

test.each(['10.0.0.1', '192.0.2.1', '169.254.169.254', '0.0.0.0', 'fe80::1', 'fd00::1', '2001:db8::1'])(
  '%s is not globally routable and not dialled without a virtual network, unless it is in a direct network',
  (address) => {
    const { store, tunnels, offramps } = start();
    expect(offramps.select(at(address, null))).toEqual({
      kind: 'none',
      failure: 'prohibited',
      detail: `${address} is not globally routable: give its IP address a virtual network, or start with --direct-network and a network that covers it`,
    });
    const networks = [parseCidr(address)!];
    const allowed = createOffRamps({ store, tunnels, direct: createDirectDialer({ networks }) });
    expect(allowed.select(at(address, null))).toEqual({ kind: 'direct' });
  },
);

test('the longest route of the virtual network that covers the address leads to its tunnel', () => {
  const { offramps, apply, tunnelTo } = start();
  apply({
    upsert: {
      route: [
        liveRoute({ id: 'wide', network: '10.0.0.0/8' }),
        liveRoute({ id: 'narrow', network: '10.1.0.0/16', tunnelId: 'tunnel-2' }),
        liveRoute({ id: 'other', network: '10.1.2.3/32', virtualNetworkId: 'vnet-2' }),
      ],
    },
  });
  expect(offramps.select(at('10.1.2.3'))).toEqual({
    kind: 'tunnel',
    tunnelId: 'tunnel-2',
    routeId: 'narrow',
  });
  expect(tunnelTo('10.2.0.1')).toBe('tunnel-1');
  expect(tunnelTo('10.1.2.3', 'vnet-2')).toBe('tunnel-1');
  expect(tunnelTo('10.1.2.4', 'vnet-2')).toBe('none');
});

test('IPv6 routes and public addresses in a virtual network are routed as well', () => {
  const { apply, tunnelTo } = start();
  apply({
    upsert: {
      route: [
        liveRoute({ id: 'v6', network: 'fd00::/8' }),
        liveRoute({ id: 'public', network: '192.0.2.0/24', tunnelId: 'tunnel-2' }),
      ],
    },
  });
  expect(tunnelTo('fd00::1')).toBe('tunnel-1');
  expect(tunnelTo('192.0.2.1')).toBe('tunnel-2');
});

test('without a route there is no way, and the detail names the address and the network', () => {
  const { offramps } = start();
  expect(offramps.select(at('10.0.0.1'))).toEqual({
    kind: 'none',
    failure: 'no_route',
    detail: 'No route in virtual network vnet-1 covers 10.0.0.1',
  });
});

test('a tunnel without a connection is no way, and the detail names the tunnel and the route', () => {
  const { offramps, tunnels, apply } = start();
  apply({ upsert: { route: [liveRoute()] } });
  tunnels.disconnect('tunnel-1');
  expect(offramps.select(at('10.0.0.1'))).toEqual({
    kind: 'none',
    failure: 'no_connection',
    detail: 'Tunnel tunnel-1, the route 10.0.0.0/8 to 10.0.0.1, has no connection',
  });
});

test('a more specific route wins even when its tunnel has no connection', () => {
  const { tunnels, apply, tunnelTo } = start();
  const narrow = liveRoute({ id: 'narrow', network: '10.1.0.0/16', tunnelId: 'tunnel-2' });
  apply({ upsert: { route: [liveRoute(), narrow] } });
  tunnels.disconnect('tunnel-2');
  expect(tunnelTo('10.1.0.1')).toBe('none');
});

test('a private host name cannot be balanced', () => {
  const { offramps, apply } = start();
  apply({ upsert: { route: [liveRoute({ network: '0.0.0.0/0' })] } });
  expect(offramps.select(at('db.internal'))).toEqual({
    kind: 'none',
    failure: 'no_route',
    detail: '"db.internal" is a private host name; only IP addresses can be balanced',
  });
});

const TUNNEL_ID = '11111111-2222-4333-8444-55555555555a';
const HOSTNAME = `${TUNNEL_ID}.cfargotunnel.com`;

test.each([HOSTNAME, '11111111-2222-4333-8444-55555555555A.CFargoTunnel.com.'])(
  'the hostname of a tunnel of the account leads through its ingress rules: %s',
  (address) => {
    const { offramps, tunnels, apply } = start();
    apply({ upsert: { tunnel: [liveTunnel({ id: TUNNEL_ID })] } });
    tunnels.connect(TUNNEL_ID);
    expect(offramps.select(at(address, null))).toEqual({ kind: 'ingress', tunnelId: TUNNEL_ID });
  },
);

test('plain bytes do not go through ingress rules, and the name is looked up nowhere', async () => {
  const looked: string[] = [];
  const direct = createDirectDialer({
    lookup: async (name) => {
      looked.push(name);
      return [{ address: '127.0.0.1', family: 4 }];
    },
  });
  const { store, tunnels, apply } = start();
  apply({ upsert: { tunnel: [liveTunnel({ id: TUNNEL_ID })] } });
  tunnels.connect(TUNNEL_ID);
  const offramps = createOffRamps({ store, tunnels, direct });
  const [error] = await once(offramps.dial(at(HOSTNAME, null), 80, OPTIONS), 'error');
  expect(error).toMatchObject({
    failure: 'no_ingress',
    message: `Only HTTP goes through the ingress rules of tunnel ${TUNNEL_ID}, not plain bytes`,
  });
  expect(looked).toEqual([]);
});

test('the hostname of a tunnel without a connection is no way', () => {
  const { offramps, apply } = start();
  apply({ upsert: { tunnel: [liveTunnel({ id: TUNNEL_ID })] } });
  expect(offramps.select(at(HOSTNAME, null))).toEqual({
    kind: 'none',
    failure: 'no_connection',
    detail: `Tunnel ${TUNNEL_ID}, behind ${HOSTNAME}, has no connection`,
  });
});

test.each([
  ['does not exist', []],
  ['is another account’s', [liveTunnel({ id: TUNNEL_ID, accountId: 'account-2' })]],
])('the hostname of a tunnel that %s is no way, connected or not', (_, tunnel) => {
  const { offramps, tunnels, apply } = start();
  apply({ upsert: { tunnel } });
  tunnels.connect(TUNNEL_ID);
  const detail = `${HOSTNAME} is the hostname of a tunnel that the account does not have`;
  expect(offramps.select(at(HOSTNAME, null))).toEqual({ kind: 'none', failure: 'no_ingress', detail });
  const request = () => offramps.request(at(HOSTNAME, null), {}, { endStream: true, onLost: () => {} });
  expect(request).toThrow(new DialError('no_ingress', detail));
});

test('only an origin behind ingress rules takes requests', () => {
  const { offramps } = start();
  const request = () => offramps.request(at('1.1.1.1', null), {}, { endStream: true, onLost: () => {} });
  expect(request).toThrow('1.1.1.1 is not behind the ingress rules of a tunnel');
});

test('routes that are added, changed, moved and deleted count at once', () => {
  const { apply, tunnelTo } = start();
  apply({ upsert: { route: [liveRoute()] } });
  expect(tunnelTo('10.0.0.1')).toBe('tunnel-1');
  apply({ upsert: { route: [liveRoute({ tunnelId: 'tunnel-2' })] } });
  expect(tunnelTo('10.0.0.1')).toBe('tunnel-2');
  apply({ upsert: { route: [liveRoute({ network: '172.16.0.0/12' })] } });
  expect([tunnelTo('10.0.0.1'), tunnelTo('172.16.0.1')]).toEqual(['none', 'tunnel-1']);
  apply({ upsert: { route: [liveRoute({ virtualNetworkId: 'vnet-2' })] } });
  expect([tunnelTo('172.16.0.1'), tunnelTo('10.0.0.1', 'vnet-2')]).toEqual(['none', 'tunnel-1']);
  apply({ remove: { route: ['route-1'] } });
  expect(tunnelTo('10.0.0.1', 'vnet-2')).toBe('none');
});

test('two routes may swap their networks in one change', () => {
  const { apply, tunnelTo } = start();
  const [a, b] = [liveRoute(), liveRoute({ id: 'route-2', network: '172.16.0.0/12', tunnelId: 'tunnel-2' })];
  apply({ upsert: { route: [a, b] } });
  apply({
    upsert: {
      route: [
        { ...a, network: b.network },
        { ...b, network: a.network },
      ],
    },
  });
  expect([tunnelTo('10.0.0.1'), tunnelTo('172.16.0.1')]).toEqual(['tunnel-2', 'tunnel-1']);
});

test('a route that is replaced by another for the same network in one complete change stays routed', () => {
  const { apply, tunnelTo } = start();
  apply({ upsert: { route: [liveRoute()] } });
  apply({ complete: true, upsert: { route: [liveRoute({ id: 'route-2', tunnelId: 'tunnel-2' })] } });
  expect(tunnelTo('10.0.0.1')).toBe('tunnel-2');
});

test('routes that were there before are known', () => {
  const { store, tunnels, apply } = start();
  apply({ upsert: { route: [liveRoute()] } });
  const late = createOffRamps({ store, tunnels, direct: createDirectDialer() });
  expect(late.select(at('10.0.0.1'))).toMatchObject({ kind: 'tunnel' });
});

test('dialling takes the selected way', async () => {
  const origin = await tcpOrigin((socket) => socket.end('hello'));
  const { offramps, tunnels, apply } = start();
  apply({ upsert: { route: [liveRoute()] } });
  for (const target of [at('10.0.0.1'), at('127.0.0.1', null)]) {
    const socket = offramps.dial(target, origin.port, OPTIONS);
    const [chunk] = await once(socket, 'data');
    expect(String(chunk)).toBe('hello');
  }
  expect(tunnels.dialled).toEqual([{ tunnelId: 'tunnel-1', host: '10.0.0.1', port: origin.port }]);
});

test('dialling without a way fails like any other dial: later, with a DialError, and it closes', async () => {
  const { offramps, tunnels } = start();
  const socket = offramps.dial(at('10.0.0.1'), 80, OPTIONS);
  const closed = once(socket, 'close').catch(() => {});
  const [error] = await once(socket, 'error');
  expect(error).toBeInstanceOf(DialError);
  expect(error).toMatchObject({ failure: 'no_route', message: expect.stringContaining('vnet-1') });
  await closed;
  expect([socket.destroyed, socket.connecting, tunnels.dialled.length]).toEqual([true, false, 0]);
});
