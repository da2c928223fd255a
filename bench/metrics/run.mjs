// Sends 100,000 requests with failures in them and compares every count with what the visitors have counted, line by line with the access log
// as well. A Prometheus, where there is one, scrapes meanwhile, and answers every question of the dashboard and of the alerts.
//
//   npm run bench:metrics [-- --requests 100000] [-- --json FILE]
import { spawn } from 'node:child_process';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import readline from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { readArguments } from '../../scripts/support/arguments.mjs';
import { callApi, MAIN, startOfframp, temporaryDirectory } from '../support/offramp.mjs';
import { freePort } from '../support/processes.mjs';
import { asAsked, expressionsOf } from './dashboard.mjs';
import { startPrometheus } from './prometheus.mjs';
import { visit } from './visitors.mjs';

const { values } = readArguments(import.meta.filename, {
  options: {
    requests: { type: 'string', default: '100000', from: 1, tells: 'how many' },
    json: { type: 'string', tells: 'a file that the figures are written to' },
  },
});
const requests = Number(values.requests);
const CONNECTIONS = 32;
const DASHBOARD = path.resolve(import.meta.dirname, '../../deploy/grafana/offramp.json');

const wrong = [];
const check = (what, found, expected) => {
  const same = found === expected;
  if (!same) wrong.push(what);
  console.log(`${same ? 'agrees ' : 'DIFFERS'}  ${what}: ${found}${same ? '' : ` in place of ${expected}`}`);
};

const metricsPort = await freePort();
const accessLog = path.join(temporaryDirectory(), 'access.log');
const offramp = await startOfframp({
  dataDir: temporaryDirectory(),
  flags: [
    ...['--metrics-port', `${metricsPort}`, '--access-log', accessLog],
    ...['--tcp', '0=good.example.com', '--direct-network', '127.0.0.0/8'],
  ],
});
const origin = await startOrigin();
const dead = await freePort();
await configure();
const prometheus = await startPrometheus(`127.0.0.1:${metricsPort}`);
// Rates need a scrape before what they are about.
await delay(2_500);
const began = performance.now();
const port = Number(offramp.ready.http.split(':')[1]);
const counts = await visit({ port, requests, connections: CONNECTIONS });
const seconds = (performance.now() - began) / 1_000;
await connectOverTcp();
await askDns();
console.log(`${requests} requests in ${seconds.toFixed(1)} s\n`);
await delay(2_500);
const scraped = await scrape();
compareCounts();
compareLog();
const asked = prometheus ? await compareWithPrometheus() : null;
if (!prometheus)
  console.log('\nPrometheus left out: there is no program of that name (Debian: apt-get install prometheus)');
const scrapes = await timeScrapes();
console.log(`\na scrape takes ${scrapes.ms.toFixed(1)} ms and has ${scrapes.bytes} bytes`);
if (values.json)
  writeFileSync(values.json, JSON.stringify({ requests, seconds, wrong, asked, scrapes }, null, 2));
prometheus?.stop();
await offramp.stop();
console.log(
  wrong.length === 0 ? '\neverything agrees' : `\n${wrong.length} do not agree: ${wrong.join(', ')}`,
);
process.exit(wrong.length === 0 ? 0 : 1);

async function startOrigin() {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'origin.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const [line] = await once(readline.createInterface({ input: child.stdout }), 'line');
  return Number(line);
}

async function configure() {
  const { account_id, zone_id } = offramp.ready;
  const account = `/accounts/${account_id}`;
  const monitor = await callApi(offramp, 'POST', `${account}/load_balancers/monitors`, {
    type: 'tcp',
    port: origin,
  });
  const pools = {
    good: { monitor: monitor.id, origins: [originOf('good', origin)] },
    // The one that takes no connections has nearly all of the weight.
    half: { origins: [originOf('alive', origin, 0.01), originOf('refuses', dead, 1, '127.0.0.2')] },
    dead: { origins: [originOf('dead', dead)] },
  };
  for (const [name, fields] of Object.entries(pools)) {
    const pool = await callApi(offramp, 'POST', `${account}/load_balancers/pools`, { name, ...fields });
    await callApi(offramp, 'POST', `/zones/${zone_id}/load_balancers`, {
      name: `${name}.example.com`,
      default_pools: [pool.id],
      fallback_pool: pool.id,
      proxied: true,
    });
  }
  const tunnel = await callApi(offramp, 'POST', `${account}/cfd_tunnel`, {
    name: 'tunnel',
    config_src: 'cloudflare',
  });
  const token = await callApi(offramp, 'GET', `${account}/cfd_tunnel/${tunnel.id}/token`);
  const { edge, edge_ca } = offramp.ready;
  const connector = spawn(
    process.execPath,
    [MAIN, 'connector', '--token', token, '--edge', edge, '--cacert', edge_ca],
    { stdio: 'ignore' },
  );
  process.once('exit', () => connector.kill('SIGKILL'));
}

function originOf(name, port, weight = 1, address = '127.0.0.1') {
  return { name, address, port, weight };
}

async function connectOverTcp() {
  const [host, port] = offramp.ready.tcp['good.example.com'].split(':');
  for (let i = 0; i < 10; i += 1) {
    const socket = net.connect(Number(port), host);
    socket.on('error', () => {});
    socket.end('GET / HTTP/1.0\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
  }
}

async function askDns() {
  const resolver = new Resolver();
  resolver.setServers([offramp.ready.dns]);
  for (let i = 0; i < 10; i += 1) await resolver.resolve4('good.example.com');
}

async function scrape() {
  const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  const samples = [];
  for (const line of text.split('\n')) {
    const [, name, labels = '', value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const found = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text]);
    samples.push({ name, labels: Object.fromEntries(found), value: Number(value) });
  }
  return samples;
}

function sum(name, labels = {}) {
  const fits = (sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value);
  return scraped
    .filter((one) => one.name === name && fits(one))
    .reduce((total, { value }) => total + value, 0);
}

function compareCounts() {
  for (const [key, count] of [...counts.answers].sort()) {
    const [host, status] = key.split(' ');
    const load_balancer = host.endsWith('.example.com') ? host : '';
    check(`requests, ${key}`, sum('offramp_requests_total', { load_balancer, status }), count);
  }
  check(
    'requests that were given up',
    sum('offramp_requests_total', { reason: 'client_gone' }),
    counts.givenUp,
  );
  check('requests in all', sum('offramp_requests_total'), requests);
  check('durations', sum('offramp_request_duration_seconds_count'), requests);
  for (const [host, bytes] of counts.bytes) {
    const load_balancer = host.endsWith('.example.com') ? host : '';
    check(`bytes, ${host}`, sum('offramp_response_bytes_total', { load_balancer }), bytes);
  }
  check('TCP connections', sum('offramp_tcp_connections_total'), 10);
  check('questions of DNS', sum('offramp_dns_questions_total'), 10);
  check('requests under way', sum('offramp_requests_in_flight'), 0);
}

function compareLog() {
  const lines = readFileSync(accessLog, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const http = lines.filter(({ method }) => method !== 'TCP');
  check('lines of the access log', http.length, requests);
  check('lines that were lost', sum('offramp_access_log_dropped_total'), 0);
  for (const [key, count] of [...counts.answers].sort())
    check(`lines, ${key}`, http.filter(({ host, status }) => `${host} ${status}` === key).length, count);
  check('different rays', new Set(lines.map(({ ray }) => ray)).size, lines.length);
}

async function compareWithPrometheus() {
  console.log('');
  const [all] = await prometheus.query('sum(offramp_requests_total)');
  check('requests in Prometheus', Number(all?.value[1]), requests);
  const expressions = expressionsOf(JSON.parse(readFileSync(DASHBOARD, 'utf8')));
  let withData = 0;
  for (const { title, expr } of expressions) {
    const result = await prometheus.query(asAsked(expr));
    if (result.length > 0) withData += 1;
    else {
      wrong.push(`no data: ${title}`);
      console.log(`NO DATA  ${title}: ${expr}`);
    }
  }
  console.log(`${withData} of ${expressions.length} questions of the dashboard have data`);
  const rules = await prometheus.rules();
  for (const { name, health, lastError } of rules)
    if (health !== 'ok') wrong.push(`${name}: ${lastError ?? health}`);
  console.log(
    `${rules.length} alerts are evaluated: ${
      rules
        .filter(({ state }) => state !== 'inactive')
        .map(({ name, state }) => `${name} ${state}`)
        .join(', ') || 'none fires'
    }`,
  );
  return { expressions: expressions.length, withData, rules: rules.length };
}

async function timeScrapes() {
  let bytes = 0;
  const start = performance.now();
  for (let i = 0; i < 50; i += 1)
    bytes = (await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text()).length;
  return { ms: (performance.now() - start) / 50, bytes };
}
