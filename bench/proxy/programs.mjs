// Builds of Offramp, started as users start them, and the ways from each to the origin: direct, and through tunnels with a connector of ours or a
// cloudflared, which takes a stream for each connection, or with its ingress rules each request. All ways of a build lead through one process.
import { balance, portOf, served } from '../support/balance.mjs';
import { MAIN, startOfframp, temporaryDirectory } from '../support/offramp.mjs';
import { onCpu } from '../support/processes.mjs';
import { balanceThroughIngress, balanceThroughTunnel, whyNoConnector } from '../support/tunnels.mjs';

const HOST = 'bench.example.com';
const PATH = '/1024';
/** Each with an address of its own for the same origin: an address can be in one virtual network only. */
const TUNNELS = [
  { name: '+connector', kind: 'ours', open: balanceThroughTunnel, address: '127.0.0.2' },
  { name: '+cloudflared', kind: 'cloudflared', open: balanceThroughTunnel, address: '127.0.0.3' },
  { name: '+connector-ingress', kind: 'ours', open: balanceThroughIngress, address: '127.0.0.1' },
  { name: '+cloudflared-ingress', kind: 'cloudflared', open: balanceThroughIngress, address: '127.0.0.1' },
];

/** The rows of contenders.mjs for `offramp` and `old`. */
export function programs({ old, ...surroundings }) {
  return [
    ...ways('offramp', { main: MAIN }, surroundings),
    ...ways('old', { main: old.main, missing: old.missing }, surroundings),
  ];
}

function ways(build, { main, missing = null }, surroundings) {
  const { originPort, connectorCpu = null } = surroundings;
  let starting = null;
  const program = () => {
    starting ??= startProgram(main, surroundings);
    return starting;
  };
  const portsOf = (offramp) => ({ http: portOf(offramp.ready.http), https: portOf(offramp.ready.https) });
  const direct = async () => {
    const offramp = await program();
    // Older builds take no loopback address, but a name that leads there; it is looked up when they dial.
    const to = (address) => balance(offramp, HOST, [{ address, port: originPort }]);
    await to('127.0.0.1').catch(() => to('localhost'));
    await served(portOf(offramp.ready.http), HOST, PATH);
    return { pid: offramp.pid, ...portsOf(offramp) };
  };
  const throughTunnel = async ({ name, kind, open, address }) => {
    const offramp = await program();
    const host = `${name.slice(1)}.example.com`;
    const origin = { address, port: originPort };
    const connector = await open(offramp, { host, kind, main, origin, path: PATH, cpu: connectorCpu });
    return { pid: offramp.pid, behind: [connector], host, ...portsOf(offramp) };
  };
  return [
    { name: build, missing, start: direct },
    ...TUNNELS.map((tunnel) => ({
      name: `${build}${tunnel.name}`,
      missing: missing ?? whyNoConnector(tunnel.kind),
      start: () => throughTunnel(tunnel),
    })),
  ];
}

async function startProgram(main, { cpu, certificate }) {
  const flags = certificate ? ['--tls-cert', certificate.cert, '--tls-key', certificate.key] : [];
  const [file, args] = onCpu(cpu, process.execPath, [main]);
  return await startOfframp({ dataDir: temporaryDirectory(), main, command: [file, ...args], flags });
}
