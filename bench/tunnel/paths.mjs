// The ways to the origin that are compared. A way is started once and stays for all rounds; to add one, add a row.
import { once } from 'node:events';
import { get } from 'node:http';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { callApi, startOfframp, temporaryDirectory } from '../support/offramp.mjs';
import { freePort, startListening, startProcess } from '../support/processes.mjs';
import { startSshTunnel, whyNoSsh } from './ssh-tunnel.mjs';

const CLOUDFLARED = process.env.CLOUDFLARED_BIN;
const whyNoCloudflared = CLOUDFLARED ? null : 'CLOUDFLARED_BIN does not name a cloudflared';
const MAIN = path.resolve(import.meta.dirname, '../../dist/main.js');
const PROXY_BENCH = path.resolve(import.meta.dirname, '../proxy');
const REGISTRATION_LIMIT_MS = 30_000;
const FIRST_ANSWER_LIMIT_MS = 5_000;
/** What the load asks for; every way serves it. */
export const HOST = 'bench.example.com';

/**
 * @typedef {object} Started
 * @property {number} port where requests go in
 * @property {number} front pid of the process that listens there
 * @property {number[]} others pids of further processes on the way; the children of all of them count as well
 *
 * @typedef {object} Way
 * @property {string} name
 * @property {string | null} missing why it cannot be measured here
 * @property {(originPort: number) => Promise<Started>} start rejects with `NotThere` when this version has no such way
 */

/** @returns {Way[]} the first one is what the others are compared with */
export function ways() {
  return [
    { name: 'direct', missing: null, start: (originPort) => startFront('ours.mjs', originPort) },
    {
      name: 'our connector',
      missing: null,
      start: (originPort) => startFront('ours-connector.mjs', originPort),
    },
    {
      name: 'cloudflared',
      missing: whyNoCloudflared,
      start: (originPort) => startFront('ours-connector.mjs', originPort, CLOUDFLARED),
    },
    { name: 'haproxy + ssh -L', missing: whyNoSsh(), start: startSshTunnel },
    { name: 'ingress, ours', missing: null, start: (originPort) => startIngress('ours', originPort) },
    {
      name: 'ingress, cloudflared',
      missing: whyNoCloudflared,
      start: (originPort) => startIngress('cloudflared', originPort),
    },
  ];
}

/** This version of Offramp does not serve such a way. */
export class NotThere extends Error {}

/** Proxy and edge in one process, with the connector as its child. */
async function startFront(script, originPort, ...more) {
  const port = await freePort();
  const args = [path.join(PROXY_BENCH, script), port, originPort, ...more].map(String);
  const front = await startListening({ command: process.execPath, args, port });
  return { port, front: front.pid, others: [] };
}

/** A whole Offramp whose origin is `<tunnel>.cfargotunnel.com`: the connector's ingress rules lead on. */
async function startIngress(kind, originPort) {
  const offramp = await startOfframp({ dataDir: temporaryDirectory() });
  const { account_id: account, zone_id: zone, edge, edge_ca: ca, http } = offramp.ready;
  const create = (where, body) => callApi(offramp, 'POST', where, body);
  const tunnels = `/accounts/${account}/cfd_tunnel`;
  const { id } = await create(tunnels, { name: 'bench', config_src: 'cloudflare' });
  const config = { ingress: [{ service: `http://127.0.0.1:${originPort}` }] };
  await callApi(offramp, 'PUT', `${tunnels}/${id}/configurations`, { config });
  const origins = [{ name: 'tunnel', address: `${id}.cfargotunnel.com` }];
  const pool = await create(`/accounts/${account}/load_balancers/pools`, { name: 'bench', origins });
  const pools = { default_pools: [pool.id], fallback_pool: pool.id, proxied: true };
  await create(`/zones/${zone}/load_balancers`, { name: HOST, ...pools });
  const token = await callApi(offramp, 'GET', `${tunnels}/${id}/token`);
  const connector = startProcess({ ...connectorCommand(kind, edge, ca, token), quiet: true });
  await until(REGISTRATION_LIMIT_MS, `${kind} did not register`, async () => {
    const [client] = await callApi(offramp, 'GET', `${tunnels}/${id}/connections`);
    return client?.conns.length === 4;
  });
  let answer;
  await until(
    FIRST_ANSWER_LIMIT_MS,
    () => `Offramp answers ${answer}`,
    async () => {
      const response = await ask(http);
      answer = `${response.status} ${response.body.split('\n')[0].slice(0, 60)}`;
      return response.status === 200;
    },
  );
  return { port: Number(new URL(`http://${http}`).port), front: offramp.pid, others: [connector.pid] };
}

function connectorCommand(kind, edge, ca, token) {
  if (kind === 'ours') {
    const flags = ['--edge', edge, '--cacert', ca, '--token', token];
    return { command: process.execPath, args: [MAIN, 'connector', ...flags] };
  }
  const edges = Array(4).fill(['--edge', edge]).flat();
  const flags = ['--no-autoupdate', '--no-prechecks', '--protocol', 'http2', '--cacert', ca, ...edges];
  return { command: CLOUDFLARED, args: ['tunnel', ...flags, 'run', '--token', token] };
}

/** Not `fetch`, which has its own mind about `Host`. */
async function ask(address) {
  const { hostname, port } = new URL(`http://${address}`);
  const request = get({ hostname, port, path: '/1024', headers: { host: HOST }, agent: false });
  const [response] = await once(request, 'response');
  return { status: response.statusCode, body: await text(response) };
}

async function until(limitMs, what, condition) {
  const deadline = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new NotThere(typeof what === 'string' ? what : what());
    await delay(100);
  }
}
