// Offramp in the middle, two connectors and two origins in each data centre, configured through the API. Runs in the namespace `core`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import path from 'node:path';
import readline from 'node:readline';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { callApi, ownEnvironment, temporaryDirectory } from '../support/offramp.mjs';
import { CENTRES, originAddress } from './namespaces.mjs';

const CONNECTORS = ['connector1', 'connector2'];
const ORIGINS = ['origin1', 'origin2'];
/** Above the ephemeral range, so that the program gets them again after a restart. */
const PORTS = { api: 7840, edge: 7844, http: 7880, https: 7883, dns: 7853, private: 7881, tcp: 7432 };
const WAIT_MS = 60_000;

/** `main` is the compiled program; `cloudflared` the path of one, which then takes the place of our connector. */
export async function openLab(network, { main, cloudflared = null, startMain = spawnMain }) {
  const children = new Set();
  const killAll = () => {
    for (const child of children) child.kill('SIGKILL');
  };
  process.on('exit', killAll);
  const dataDir = temporaryDirectory();
  const alerts = await listenForAlerts();

  function start(where, command, options) {
    const [program, ...args] = where === 'core' ? command : [...network.inside(where), ...command];
    const child = spawn(program, args, { env: ownEnvironment(), ...options });
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
  }

  async function startOfframp() {
    const args = [main, 'start', '--json', '--data-dir', dataDir, '--log-level', 'error'];
    for (const name of ['edge', 'http', 'https', 'dns', 'private'])
      args.push(`--${name}-port`, String(PORTS[name]));
    args.push('--port', String(PORTS.api), '--edge-host', '0.0.0.0', '--private-network', 'off');
    args.push(
      '--tcp',
      `${PORTS.tcp}=db.example.com`,
      '--min-monitor-interval',
      '1',
      '--notify-url',
      alerts.url,
    );
    const child = startMain(args, (command, options) => start('core', command, options));
    const lines = readline.createInterface({ input: child.stdout });
    const ended = once(child, 'exit').then(([code, signal]) =>
      Promise.reject(new Error(`Offramp ended with ${code ?? signal} before it was ready`)),
    );
    ended.catch(() => {});
    const [line] = await Promise.race([once(lines, 'line'), ended]);
    return { child, ready: JSON.parse(line), port: PORTS.api };
  }

  let offramp = await startOfframp();
  const { account_id: accountId, zone_id: zoneId } = offramp.ready;
  const api = (method, where, body) =>
    callApi(offramp, method, where.replace('@', `/accounts/${accountId}`), body);

  for (const centre of CENTRES)
    for (const name of ORIGINS) {
      const child = start(
        `${centre}-${name}`,
        [process.execPath, path.join(import.meta.dirname, 'origin.mjs'), `${centre}-${name}`],
        {
          stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
        },
      );
      await once(child, 'message');
    }

  const virtualNetwork = await api('POST', '@/teamnet/virtual_networks', { name: 'centres' });
  const tunnels = {};
  for (const centre of CENTRES) {
    const tunnel = await api('POST', '@/cfd_tunnel', { name: `centre-${centre}` });
    await api('POST', '@/teamnet/routes', {
      network: `${originAddress(centre, 'origin1').replace(/\d+$/, '0')}/24`,
      tunnel_id: tunnel.id,
      virtual_network_id: virtualNetwork.id,
    });
    tunnels[centre] = tunnel.id;
    const token = await api('GET', `@/cfd_tunnel/${tunnel.id}/token`);
    for (const connector of CONNECTORS) {
      const edge = `${network.coreAddressFor(centre, connector)}:${PORTS.edge}`;
      start(
        `${centre}-${connector}`,
        connectorCommand({ main, cloudflared, edge, token, ca: offramp.ready.edge_ca }),
        {
          stdio: 'ignore',
        },
      );
    }
  }
  const connectionsPerTunnel = CONNECTORS.length * 4;
  await until(async () => {
    const shown = await Promise.all(
      CENTRES.map((centre) => api('GET', `@/cfd_tunnel/${tunnels[centre]}/connections`)),
    );
    return shown.every((clients) => clients.flatMap(({ conns }) => conns).length === connectionsPerTunnel);
  }, 'all connections');

  const monitor = (type, port) =>
    api('POST', '@/load_balancers/monitors', {
      type,
      port,
      interval: 1,
      timeout: 1,
      retries: 1,
      ...(type === 'http' ? { expected_codes: '200' } : {}),
    });
  const [web, bytes] = [await monitor('http', 80), await monitor('tcp', 5432)];
  const pool = (name, centre, names, port, { id }) =>
    api('POST', '@/load_balancers/pools', {
      name,
      monitor: id,
      origins: names.map((origin) => ({
        name: `${centre}-${origin}`,
        address: originAddress(centre, origin),
        port,
        virtual_network_id: virtualNetwork.id,
      })),
    });
  const webPools = [await pool('web-a', 'a', ORIGINS, 80, web), await pool('web-b', 'b', ORIGINS, 80, web)];
  const vipPool = await pool('vip-a', 'a', ['vip'], 80, web);
  const dbPools = [await pool('db-a', 'a', ORIGINS, 5432, bytes)];
  const balancer = (name, pools) =>
    api('POST', `/zones/${zoneId}/load_balancers`, {
      name: `${name}.example.com`,
      default_pools: pools.map(({ id }) => id),
      fallback_pool: pools.at(-1).id,
      proxied: true,
      steering_policy: 'off',
      adaptive_routing: { failover_across_pools: true },
    });
  await balancer('www', webPools);
  await balancer('vip', [vipPool, webPools[1]]);
  await balancer('db', dbPools);
  const poolIds = [...webPools, vipPool, ...dbPools].map(({ id }) => id);

  async function allHealthy() {
    const shown = await Promise.all(poolIds.map((id) => api('GET', `@/load_balancers/pools/${id}/health`)));
    return shown.every(({ pop_health: pops }) =>
      Object.values(pops).every(
        ({ healthy, origins }) => healthy && origins.every((one) => Object.values(one)[0].healthy),
      ),
    );
  }

  return {
    alerts,
    http: { host: '127.0.0.1', port: PORTS.http },
    tcp: { host: '127.0.0.1', port: PORTS.tcp },
    /** Resolves when everything is up again and nothing more is told. */
    async settled() {
      await until(allHealthy, 'all origins healthy');
      let told;
      do {
        told = alerts.received.length;
        await delay(2_500);
      } while (alerts.received.length > told);
    },
    async restart() {
      const { child } = offramp;
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
      offramp = await startOfframp();
    },
    async close() {
      alerts.close();
      const exits = [...children].map((child) => once(child, 'exit'));
      for (const child of children) child.kill('SIGTERM');
      const timer = setTimeout(killAll, 5_000);
      await Promise.all(exits);
      clearTimeout(timer);
    },
  };
}

const spawnMain = (args, start) =>
  start([process.execPath, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });

function connectorCommand({ main, cloudflared, edge, token, ca }) {
  const edges = Array.from({ length: 4 }, () => ['--edge', edge]).flat();
  if (cloudflared)
    return [
      cloudflared,
      'tunnel',
      '--no-autoupdate',
      '--no-prechecks',
      ...edges,
      '--cacert',
      ca,
      '--protocol',
      'http2',
      'run',
      '--token',
      token,
    ];
  return [process.execPath, main, 'connector', '--token', token, '--edge', edge, '--cacert', ca];
}

/** What the webhook hears: `{ pool, origin, health }` for each origin that is told to be healthy or not. */
async function listenForAlerts() {
  const received = [];
  const server = http.createServer(async (request, response) => {
    const { alert_type: type, data } = JSON.parse(await text(request));
    response.end();
    if (type !== 'load_balancing_health_alert' || data.event_source !== 'origin') return;
    for (const { name, new_health: health } of data.origins)
      received.push({ pool: data.pool.name, origin: name, health });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { received, url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

async function until(done, what) {
  const deadline = performance.now() + WAIT_MS;
  while (!(await done())) {
    if (performance.now() > deadline) throw new Error(`not after ${WAIT_MS} ms: ${what}`);
    await delay(100);
  }
}
