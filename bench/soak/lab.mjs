// A real Offramp, a real connector and the origins, configured through the API.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { FREE_PORTS } from '../support/free-ports.mjs';
import { FAULTS } from './origins.mjs';

const MAIN = path.resolve(import.meta.dirname, '../../dist/main.js');
const LIMIT_MS = 60_000;

/** Nothing of the person's own settings. */
const ENVIRONMENT = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(OFFRAMP|CLOUDFLARE|TUNNEL|DATABASE)_/.test(name)),
);

function start(args) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: ENVIRONMENT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  return child;
}

/** The line with which a program says that it is ready. */
async function firstLine(child) {
  const ended = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`it ended with ${code} before it was ready`)),
  );
  return (await Promise.race([once(readline.createInterface({ input: child.stdout }), 'line'), ended]))[0];
}

export async function openLab() {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'offramp-soak-'));
  process.on('exit', () => rmSync(dataDir, { recursive: true, force: true }));
  const origins = fork(path.join(import.meta.dirname, 'origins.mjs'));
  const [ports] = await once(origins, 'message');
  const offramp = start(['start', '--json', '--memory', '--min-monitor-interval', '1', ...FREE_PORTS]);
  const ready = JSON.parse(await firstLine(offramp));

  async function api(method, target, body) {
    const response = await fetch(ready.api_url + target, {
      method,
      headers: {
        authorization: 'Bearer soak-token-soak-token-soak-token',
        'content-type': 'application/json',
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await response.json();
    if (!response.ok)
      throw new Error(`${method} ${target}: ${response.status} ${JSON.stringify(answer.errors)}`);
    return answer.result;
  }

  const account = `/accounts/${ready.account_id}`;
  const monitor = (port) =>
    api('POST', `${account}/load_balancers/monitors`, {
      type: 'tcp',
      port,
      interval: 1,
      timeout: 1,
      retries: 0,
      description: 'soak',
    });
  const pool = (name, members, fields = {}) =>
    api('POST', `${account}/load_balancers/pools`, { name, origins: members, ...fields });
  const balancer = (host, pools, fields = {}) =>
    api('POST', `/zones/${ready.zone_id}/load_balancers`, {
      name: `${host}.${ready.domain}`,
      default_pools: pools.map(({ id }) => id),
      fallback_pool: pools.at(-1).id,
      proxied: true,
      ...fields,
    });

  const network = await api('POST', `${account}/teamnet/virtual_networks`, { name: 'soak' });
  const tunnel = await api('POST', `${account}/cfd_tunnel`, { name: 'soak' });
  await api('POST', `${account}/teamnet/routes`, {
    network: '127.0.0.0/8',
    tunnel_id: tunnel.id,
    virtual_network_id: network.id,
  });
  const token = await api('GET', `${account}/cfd_tunnel/${tunnel.id}/token`);
  const connect = async () => {
    const child = start(['connector', '--token', token, '--cacert', ready.edge_ca, '--edge', ready.edge]);
    await firstLine(child);
    return child;
  };

  const member = (port, index) => ({ name: `origin-${index}`, address: 'localhost', port });
  const behind = (port, index) => ({
    ...member(port, index),
    address: '127.0.0.1',
    virtual_network_id: network.id,
  });
  // One address once in a pool: three pools of one origin each are what three origins would be.
  const pools = [];
  for (const [index, port] of ports.good.entries()) {
    const place = index === 1 ? behind : member;
    pools.push(await pool(`good-${index}`, [place(port, index)], { monitor: (await monitor(port)).id }));
  }
  await balancer('good', pools, { steering_policy: 'random' });
  await balancer('sticky', pools, { steering_policy: 'random', session_affinity: 'cookie' });
  for (const name of Object.keys(FAULTS)) await balancer(name, [await pool(name, [member(ports[name], 0)])]);

  return {
    ready,
    api,
    account,
    pools,
    pid: offramp.pid,
    connect,
    /** To origins; they would rest for a quarter of an hour. A new route may change every way, so none is used again. */
    endIdleConnections: () =>
      api('POST', `${account}/teamnet/routes`, {
        network: '10.255.0.0/24',
        tunnel_id: tunnel.id,
        virtual_network_id: network.id,
      }),
    host: (name) => `${name}.${ready.domain}`,
    address: (kind) => {
      const [host, port] = ready[kind].split(':');
      return { host, port: Number(port) };
    },
    died: once(offramp, 'exit').then(([code, signal]) => `Offramp ended with ${code ?? signal}`),
    async close() {
      offramp.kill('SIGTERM');
      const timer = setTimeout(() => offramp.kill('SIGKILL'), LIMIT_MS);
      const [code] = offramp.exitCode === null ? await once(offramp, 'exit') : [offramp.exitCode];
      clearTimeout(timer);
      origins.disconnect();
      return code;
    },
  };
}
