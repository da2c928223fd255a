import { once } from 'node:events';
import net from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { Connector } from '../../../src/tunnel/connector/contract.js';
import { connectorMetrics, listenMetrics, prometheusText } from '../../../src/tunnel/connector/metrics.js';
import { cleanUp, cleanUpLater, until } from '../../edge/fixture.js';
import { ask, configure, fetchThrough, serving, start } from '../bare-edge.js';

afterEach(cleanUp);

async function listen(connector: Connector) {
  const server = await listenMetrics(connector, { host: '127.0.0.1', port: 0, version: '1.2.3' });
  cleanUpLater(() => server.close());
  const get = async (path: string, init?: RequestInit) => {
    const response = await fetch(`http://127.0.0.1:${server.address.port}${path}`, init);
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      body: await response.text(),
    };
  };
  return { server, get };
}

test('a connector is ready when one of its connections is registered', async () => {
  const lonely = await start({ edge: '127.0.0.1:1' });
  const { get } = await listen(lonely);
  expect(await get('/ready')).toMatchObject({ status: 503, type: 'application/json' });
  expect(JSON.parse((await get('/ready')).body)).toEqual({
    status: 503,
    readyConnections: 0,
    connectorId: lonely.clientId,
  });
  const { connector } = await serving();
  const served = await listen(connector);
  expect(JSON.parse((await served.get('/ready')).body)).toMatchObject({ status: 200, readyConnections: 1 });
  expect((await served.get('/ready', { method: 'HEAD' })).status).toBe(200);
  void connector.close();
  expect((await served.get('/ready')).status).toBe(503);
});

test('health, configuration and what does not exist are told', async () => {
  const { connector, session } = await serving();
  const { get } = await listen(connector);
  expect(await get('/healthcheck')).toMatchObject({ status: 200, body: 'OK\n' });
  await configure(session, 3, { ingress: [{ service: 'http_status:404' }] });
  expect(JSON.parse((await get('/config')).body)).toMatchObject({
    version: 3,
    config: { ingress: [{ service: 'http_status:404' }], 'warp-routing': {} },
  });
  expect((await get('/debug/pprof/')).status).toBe(404);
  expect((await get('/ready', { method: 'POST' })).status).toBe(405);
});

test('requests, streams and registrations are counted under the names of cloudflared', async () => {
  const { connector, session } = await serving({ ingress: [{ service: 'http_status:404' }] });
  const { get } = await listen(connector);
  await fetchThrough(session);
  await fetchThrough(session);
  await fetchThrough(session, { ':authority': '127.0.0.1:1', 'cf-cloudflared-proxy-src': 'x' }, '');
  const open = ask(session, {
    'cf-cloudflared-proxy-src': 'x',
    ':authority': `127.0.0.1:${(await echo()).port}`,
  });
  await once(open, 'response');
  const { type, body } = await get('/metrics');
  expect(type).toBe('text/plain; version=0.0.4; charset=utf-8');
  const samples = Object.fromEntries(
    body
      .split('\n')
      .flatMap((line) => (line === '' || line.startsWith('#') ? [] : [line.split(/ (?=\S+$)/)])),
  );
  expect(samples).toMatchObject({
    cloudflared_tunnel_ha_connections: '1',
    'cloudflared_tunnel_server_locations{connection_id="0",edge_location="FAKE01"}': '1',
    'cloudflared_tunnel_tunnel_register_success{rpcName="registerConnection"}': '1',
    cloudflared_orchestration_config_version: '-1',
    cloudflared_tunnel_total_requests: '4',
    cloudflared_tunnel_concurrent_requests_per_tunnel: '1',
    cloudflared_tunnel_request_errors: '1',
    'cloudflared_tunnel_response_by_code{status_code="404"}': '2',
    cloudflared_tcp_active_sessions: '1',
    cloudflared_tcp_total_sessions: '2',
    cloudflared_proxy_connect_streams_errors: '1',
    [`build_info{nodeversion="${process.version}",version="1.2.3"}`]: '1',
  });
  open.close(8);
  await until(() => connectorMetrics(connector, '').includes('cloudflared_tcp_active_sessions 0'));
});

async function echo() {
  const server = net.createServer((socket) => socket.on('error', () => {}).pipe(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUpLater(() => server.close());
  return server.address() as net.AddressInfo;
}

test('an address that is taken is an error', async () => {
  const { connector } = await serving();
  const { server } = await listen(connector);
  const again = listenMetrics(connector, { ...server.address, version: '' });
  await expect(again).rejects.toThrow('EADDRINUSE');
});

test('values of labels cannot break out', () => {
  const metric = { name: 'm', help: 'h.', type: 'gauge' as const };
  expect(prometheusText([{ ...metric, samples: [{ labels: { a: '"\\\n' }, value: 1 }] }])).toBe(
    '# HELP m h.\n# TYPE m gauge\nm{a="\\"\\\\\\n"} 1\n',
  );
});
