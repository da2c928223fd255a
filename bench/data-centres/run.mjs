// What clients see while a network breaks, with two data centres in network namespaces of its own. Takes Linux and root.
//
//   npm run data-centres                     all incidents
//   npm run data-centres -- --only restart   those whose name contains it
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readArguments } from '../../scripts/support/arguments.mjs';
import { table } from '../support/numbers.mjs';
import { INCIDENTS } from './incidents.mjs';
import { openLab } from './lab.mjs';
import { createNetwork, whyNot } from './namespaces.mjs';
import { startConnects, startGets } from './visitors.mjs';

const MAIN = path.resolve(import.meta.dirname, '../../dist/main.js');
const { values: flags } = readArguments(import.meta.filename, {
  options: {
    cloudflared: { type: 'string', tells: 'a file: connectors are this cloudflared' },
    only: { type: 'string', default: '', tells: 'incidents whose name contains it' },
    main: { type: 'string', default: MAIN, tells: 'the program, such as that of another build' },
    json: { type: 'boolean', default: false, tells: 'the rows as JSON' },
    'tcp-bytes': {
      type: 'string',
      default: '6',
      from: 1,
      tells: 'what each TCP connection sends and wants back',
    },
    short: { type: 'boolean', default: false, tells: 'some of the incidents, a few seconds each' },
    inside: { type: 'string', tells: 'for itself: the namespaces that it has made' },
  },
});

if (flags.inside) await runInside(flags.inside);
else process.exit(runOutside());

/** Makes the namespaces, runs this file in one of them, and removes them, whatever happened. */
function runOutside() {
  const reason = whyNot();
  // A test goes by how it begins.
  if (reason) {
    console.error(`skipped: ${reason}`);
    return 2;
  }
  const prefix = `dc${process.pid}`;
  const network = createNetwork(prefix);
  try {
    network.build();
    const [program, ...args] = [
      ...network.inside('core'),
      process.execPath,
      ...process.argv.slice(1),
      '--inside',
      prefix,
    ];
    return spawnSync(program, args, { stdio: 'inherit' }).status ?? 1;
  } finally {
    network.remove();
  }
}

async function runInside(prefix) {
  const network = createNetwork(prefix);
  const lab = await openLab(network, { main: flags.main, cloudflared: flags.cloudflared });
  const rows = [];
  for (const incident of chosenIncidents()) {
    console.error(`${incident.name} …`);
    rows.push(await runIncident(incident, { network, lab }));
  }
  await lab.close();
  console.log(flags.json ? JSON.stringify(rows) : print(rows));
  process.exit(0);
}

function chosenIncidents() {
  const named = INCIDENTS.filter(({ name }) => name.includes(flags.only));
  return flags.short
    ? named.filter(({ shortly }) => shortly).map((incident) => ({ ...incident, lasts: incident.shortly }))
    : named;
}

async function runIncident(incident, context) {
  const { lab } = context;
  await lab.settled();
  const told = lab.alerts.received.length;
  const gets = (name) =>
    startGets({ target: () => lab.http, host: `${name}.example.com`, clients: 8, everyMs: 20 });
  const [www, vip] = [gets('www'), gets('vip')];
  const connects = startConnects({ target: () => lab.tcp, everyMs: 300, bytes: Number(flags['tcp-bytes']) });
  await delay(1_000);
  await incident.make(context);
  await delay(incident.lasts * 1_000);
  await incident.mend(context);
  await delay(1_000);
  const [a, b, tcp] = await Promise.all([www.stop(), vip.stop(), connects.stop()]);
  await lab.settled();
  const alerts = lab.alerts.received.slice(told);
  return {
    name: incident.name,
    sent: a.sent + b.sent,
    answered: a.answered + b.answered,
    failed: sum(a.failed, b.failed),
    moved: a.moved + b.moved,
    slowestMs: Math.max(a.slowestMs, b.slowestMs),
    tcp,
    alerts: alerts.length,
    falseAlerts: alerts.filter(({ origin }) => !incident.alerts(origin)).length,
  };
}

function sum(...counts) {
  const all = {};
  for (const count of counts)
    for (const [code, number] of Object.entries(count)) all[code] = (all[code] ?? 0) + number;
  return all;
}

function counts(failed) {
  const parts = Object.entries(failed).map(([code, number]) => `${number} × ${code}`);
  return parts.join(', ') || '0';
}

function print(rows) {
  const head = [
    'incident',
    'sent',
    'answered',
    'failed',
    'moved',
    'slowest',
    'TCP',
    'TCP failed',
    'alerts',
    'false',
  ];
  const lines = rows.map((row) => [
    row.name,
    String(row.sent),
    String(row.answered),
    counts(row.failed),
    String(row.moved),
    `${row.slowestMs} ms`,
    String(row.tcp.tried),
    counts(row.tcp.failed),
    String(row.alerts),
    String(row.falseAlerts),
  ]);
  return table([head, ...lines]);
}
