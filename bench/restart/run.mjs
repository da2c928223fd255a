// What a restart costs those who are behind a tunnel: SIGTERM, and a new process as soon as the old one has ended, under a
// visitor every 20 ms whose every request is counted. Each row is one restart, in milliseconds since its SIGTERM.
//
//   npm run bench:restart [-- --restarts 20] [-- --connector ours|cloudflared] [-- --activated]
//
// cloudflared needs CLOUDFLARED_BIN=/path/to/cloudflared; TEST_DATABASE_URL takes that PostgreSQL instead of the embedded
// database (scripts/with-postgres.sh). With --activated the sockets stay open in this process, as systemd would hold them.
import http from 'node:http';
import net from 'node:net';
import { readArguments } from '../../scripts/support/arguments.mjs';
import { median, table } from '../support/numbers.mjs';
import { callApi } from '../support/offramp.mjs';
import { startConnector } from './connector.mjs';
import { openRestartable } from './restartable.mjs';
import { startVisitors } from './visitors.mjs';

const { values } = readArguments(import.meta.filename, {
  options: {
    restarts: { type: 'string', default: '20', from: 1, tells: 'how many' },
    connector: {
      type: 'string',
      default: 'ours',
      oneOf: ['ours', 'cloudflared'],
      tells: 'who holds the tunnel',
    },
    activated: { type: 'boolean', default: false, tells: 'keep the sockets open in this process' },
  },
});
const restarts = Number(values.restarts);
if (!(Number.isInteger(restarts) && restarts > 0)) {
  console.error(`--restarts is ${values.restarts}; take a whole number above 0`);
  process.exit(2);
}
const RECOVERY_LIMIT_MS = 90_000;
const HOST = 'restart.example.com';
const TIME_LIMIT_MS = 60_000 + restarts * (RECOVERY_LIMIT_MS + 20_000);
setTimeout(() => {
  console.error(`bench:restart took longer than ${TIME_LIMIT_MS / 1000} s`);
  process.exit(1);
}, TIME_LIMIT_MS).unref();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const origin = http.createServer((_request, response) => response.end('ok'));
await new Promise((resolve) => origin.listen(0, '127.0.0.1', resolve));
const program = await openRestartable({ activated: values.activated });
const offramp = await program.start();
const token = await configure(offramp);
const connector = startConnector(values.connector, program.ports.edge, offramp.ready.edge_ca, token);
const visitors = startVisitors(program.ports.http, HOST);
const rows = [];
for (let n = 1; n <= restarts; n++) {
  await visitors.servedInARow(50, RECOVERY_LIMIT_MS);
  await connector.registered(4, RECOVERY_LIMIT_MS);
  rows.push(await restart());
  console.error(`${n} of ${restarts}: ${JSON.stringify(rows.at(-1))}`);
}
console.log(
  table([
    Object.keys(rows[0]),
    ...rows.map((row) => Object.values(row).map(String)),
    Object.keys(rows[0]).map((name) => `${median(rows.map((row) => row[name]))}`),
  ]),
);
console.log('\nthe last row is the median of each column');
process.exit(0);

async function restart() {
  const began = performance.now();
  const since = (at) => Math.round(at - began);
  visitors.reset();
  connector.forget();
  const ports = Object.entries(program.ports).map(([name, port]) => [name, watchPort(port)]);
  await program.stop();
  const exited = performance.now();
  visitors.exited();
  await program.start();
  const ready = performance.now();
  await visitors.servedInARow(50, RECOVERY_LIMIT_MS);
  await connector.registered(1, RECOVERY_LIMIT_MS);
  const closed = Object.fromEntries(ports.map(([name, watch]) => [`${name} closed`, watch.stop()]));
  const { refused, failed, served, firstServed, slowest } = visitors.counts();
  return {
    exit: since(exited),
    ready: since(ready),
    ...closed,
    'connector back': since(connector.firstRegistered()),
    'its wait': connector.longestWait(),
    'first served': since(firstServed),
    slowest: Math.round(slowest),
    refused,
    failed,
    served,
  };
}

/** How many milliseconds in all a port refuses connections, asked every 10 ms. */
function watchPort(port) {
  let refusedSince = null;
  let total = 0;
  const timer = setInterval(() => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => {
      if (refusedSince !== null) total += performance.now() - refusedSince;
      refusedSince = null;
      socket.destroy();
    });
    socket.once('error', () => {
      refusedSince ??= performance.now();
    });
  }, 10);
  return {
    stop() {
      clearInterval(timer);
      return Math.round(total);
    },
  };
}

async function configure(offramp) {
  const account = `/accounts/${offramp.ready.account_id}`;
  const create = (where, body) => callApi(offramp, 'POST', where, body);
  const tunnel = await create(`${account}/cfd_tunnel`, { name: 'restart', config_src: 'local' });
  const network = await create(`${account}/teamnet/virtual_networks`, { name: 'restart' });
  await create(`${account}/teamnet/routes`, {
    network: '127.0.0.0/8',
    tunnel_id: tunnel.id,
    virtual_network_id: network.id,
  });
  const { port } = origin.address();
  const monitor = await create(`${account}/load_balancers/monitors`, {
    type: 'http',
    expected_codes: '200',
    port,
    interval: 10,
    timeout: 2,
    retries: 0,
  });
  const pool = await create(`${account}/load_balancers/pools`, {
    name: 'restart',
    monitor: monitor.id,
    origins: [{ name: 'one', address: '127.0.0.1', port, virtual_network_id: network.id }],
  });
  await create(`/zones/${offramp.ready.zone_id}/load_balancers`, {
    name: HOST,
    default_pools: [pool.id],
    fallback_pool: pool.id,
    proxied: true,
  });
  return await callApi(offramp, 'GET', `${account}/cfd_tunnel/${tunnel.id}/token`);
}
