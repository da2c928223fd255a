// Tunnels of a running Offramp, each with a connector that has registered: ours or cloudflared, as a process of its own.
import { setTimeout as delay } from 'node:timers/promises';
import { balance, portOf, served } from './balance.mjs';
import { callApi, MAIN } from './offramp.mjs';
import { startProcess } from './processes.mjs';

const CLOUDFLARED = process.env.CLOUDFLARED_BIN;
const REGISTRATION_LIMIT_MS = 30_000;
const CONNECTIONS = 4;

/** Why there is no such connector here; null when there is. */
export const whyNoConnector = (kind) =>
  kind === 'ours' || CLOUDFLARED ? null : 'CLOUDFLARED_BIN does not name a cloudflared';

/**
 * A load balancer `host` whose origin is a private address, to which the tunnel's connector opens a stream for each connection. Resolves with the
 * connector's pid. `kind` is ours or cloudflared; `main` is the build that our connector is of.
 */
export async function balanceThroughTunnel(offramp, { host, kind, main = MAIN, origin, path, cpu = null }) {
  const account = `/accounts/${offramp.ready.account_id}`;
  const tunnel = await createTunnel(offramp, host);
  const network = await callApi(offramp, 'POST', `${account}/teamnet/virtual_networks`, {
    name: tunnel.name,
  });
  await callApi(offramp, 'POST', `${account}/teamnet/routes`, {
    ...{ network: `${origin.address}/32`, tunnel_id: tunnel.id, virtual_network_id: network.id },
  });
  const pid = await connect(offramp, tunnel, { kind, main, cpu });
  await balance(offramp, host, [{ ...origin, virtual_network_id: network.id }]);
  await served(portOf(offramp.ready.http), host, path);
  return pid;
}

/** The same with `<tunnel>.cfargotunnel.com` as the origin: the connector's ingress rules lead each request on. */
export async function balanceThroughIngress(offramp, { host, kind, main = MAIN, origin, path, cpu = null }) {
  const account = `/accounts/${offramp.ready.account_id}`;
  const tunnel = await createTunnel(offramp, host);
  const config = { ingress: [{ service: `http://${origin.address}:${origin.port}` }] };
  await callApi(offramp, 'PUT', `${account}/cfd_tunnel/${tunnel.id}/configurations`, { config });
  const pid = await connect(offramp, tunnel, { kind, main, cpu });
  await balance(offramp, host, [{ address: `${tunnel.id}.cfargotunnel.com` }]);
  await served(portOf(offramp.ready.http), host, path);
  return pid;
}

function createTunnel(offramp, host) {
  const body = { name: host.split('.')[0], config_src: 'cloudflare' };
  return callApi(offramp, 'POST', `/accounts/${offramp.ready.account_id}/cfd_tunnel`, body);
}

async function connect(offramp, { id }, { kind, main, cpu }) {
  const tunnel = `/accounts/${offramp.ready.account_id}/cfd_tunnel/${id}`;
  const token = await callApi(offramp, 'GET', `${tunnel}/token`);
  const child = startProcess({ ...connectorCommand(kind, offramp.ready, token, main), quiet: true, cpu });
  const deadline = Date.now() + REGISTRATION_LIMIT_MS;
  for (let registered = 0; registered < CONNECTIONS; ) {
    if (Date.now() > deadline) throw new Error(`${kind} has ${registered} of ${CONNECTIONS} connections`);
    await delay(100);
    const [client] = await callApi(offramp, 'GET', `${tunnel}/connections`);
    registered = client?.conns.length ?? 0;
  }
  return child.pid;
}

function connectorCommand(kind, { edge, edge_ca: ca }, token, main) {
  if (kind === 'ours') {
    const flags = ['--edge', edge, '--cacert', ca, '--token', token];
    return { command: process.execPath, args: [main, 'connector', ...flags] };
  }
  // It has as many connections as it is given addresses.
  const edges = Array(CONNECTIONS).fill(['--edge', edge]).flat();
  const flags = ['--no-autoupdate', '--no-prechecks', '--protocol', 'http2', '--cacert', ca, ...edges];
  return { command: CLOUDFLARED, args: ['tunnel', ...flags, 'run', '--token', token] };
}
