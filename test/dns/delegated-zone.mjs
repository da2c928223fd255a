// Runs in a network namespace of its own, as root: a zone above ours, our DNS, and two resolvers, each on an address that the
// loopback interface gets here. Prints what became of the questions as one line of JSON. Everything ends with this process.
import { execFileSync, spawn } from 'node:child_process';
import dns from 'node:dns/promises';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { startOfframp } from '../../dist/index.js';

const NAMES = Number(process.argv[2]);
const AT_ONCE = 10;
/** ADB_CACHE_MINIMUM of BIND 9 is 10 seconds, whatever the TTL. */
const SPREAD_MS = 11_000;
const GLUE_TTL = 1;
const UPPER = '10.53.0.1';
const OURS = '10.53.0.2';
const RESOLVERS = { unbound: '10.53.0.3', bind: '10.53.0.4' };

const folder = mkdtempSync(path.join(os.tmpdir(), 'offramp-delegation-'));
const children = [];
const write = (name, text) => {
  writeFileSync(path.join(folder, name), text);
  return path.join(folder, name);
};

/** Resolves when the program has said that it serves. */
function serve(program, args, ready) {
  const child = spawn(program, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
  children.push(child);
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (chunk) => {
      said = (said + chunk).slice(-10_000);
      if (ready.test(said)) resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`${program} ended with code ${code}: ${said}`)));
  });
}

const named = (file) => serve('named', ['-g', '-c', file], /running$/m);
const namedOptions = (address, more) => `options {
  directory "${folder}"; pid-file none; session-keyfile none; listen-on { ${address}; }; listen-on-v6 { none; };
  query-source address ${address}; dnssec-validation no; allow-query { any; }; ${more}
};
controls { };
`;

const SOA = 'SOA ns.com. hostmaster.com. 1 3600 600 86400 60';
const rootZone = write(
  'root.zone',
  `$TTL ${GLUE_TTL}\n. ${SOA}\n. NS ns.com.\ncom. NS ns.com.\nns.com. A ${UPPER}\n`,
);
const comZone = write(
  'com.zone',
  `$TTL ${GLUE_TTL}\n@ ${SOA}\n@ NS ns.com.\nns A ${UPPER}\nexample NS ns1.example.com.\nns1.example A ${OURS}\n`,
);
const upper = write(
  'upper.conf',
  `${namedOptions(UPPER, 'recursion no;')}
zone "." { type primary; file "${rootZone}"; };
zone "com" { type primary; file "${comZone}"; };
`,
);
const hints = write('root.hints', `. 3600 NS ns.com.\nns.com. 3600 A ${UPPER}\n`);
const bind = write(
  'bind.conf',
  `${namedOptions(RESOLVERS.bind, 'recursion yes; allow-recursion { any; }; qname-minimization strict;')}
zone "." { type hint; file "${hints}"; };
`,
);
const unbound = write(
  'unbound.conf',
  `server:
  directory: "${folder}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  verbosity: 1
  interface: ${RESOLVERS.unbound}
  outgoing-interface: ${RESOLVERS.unbound}
  access-control: 0.0.0.0/0 allow
  module-config: "iterator"
  root-hints: "${hints}"
  use-caps-for-id: yes
  qname-minimisation: yes
  qname-minimisation-strict: yes
  harden-referral-path: yes
remote-control:
  control-enable: no
`,
);

async function post(offramp, to, body) {
  const response = await fetch(offramp.apiUrl + to, {
    method: 'POST',
    headers: { authorization: 'Bearer test-token', 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const { result, errors } = await response.json();
  if (!response.ok) throw new Error(JSON.stringify(errors));
  return result;
}

/**
 * What a resolver says of the name servers and of a name that is not there, and then of fresh names for longer than BIND keeps
 * an address that the zone above has told it: from then on only the zone itself can say where its name servers are. Each answer,
 * or the code of the error, with how often it came.
 */
async function ask(address) {
  const resolver = new dns.Resolver({ timeout: 5_000, tries: 2 });
  resolver.setServers([address]);
  const told = (question) => question.catch(({ code }) => code);
  const heard = {
    absent: await told(resolver.resolve4('absent.example.com')),
    nameServers: await told(resolver.resolveNs('example.com').then((names) => names.sort())),
    nameServer: await told(resolver.resolve4('ns1.example.com')),
    nameServer6: await told(resolver.resolve6('ns1.example.com')),
  };
  const names = {};
  for (let first = 0; first < NAMES; first += AT_ONCE) {
    const fresh = Array.from(
      { length: AT_ONCE },
      (_, n) => `n${first + n}.${n % 2 ? 'app' : 'web'}.example.com`,
    );
    await setTimeout((SPREAD_MS * AT_ONCE) / NAMES);
    const answers = await Promise.all(fresh.map((name) => told(resolver.resolve4(name))));
    for (const answer of answers) names[answer] = (names[answer] ?? 0) + 1;
  }
  return { ...heard, names };
}

try {
  const ip = (...args) => execFileSync('ip', args);
  ip('link', 'set', 'lo', 'up');
  for (const address of [UPPER, OURS, ...Object.values(RESOLVERS)])
    ip('address', 'add', `${address}/32`, 'dev', 'lo');
  const [offramp] = await Promise.all([
    startOfframp({
      memory: true,
      domain: 'example.com',
      dnsHost: OURS,
      dnsPort: 53,
      advertiseAddress: OURS,
      privateNetwork: 'off',
    }),
    named(upper),
    named(bind),
    serve('unbound', ['-d', '-c', unbound], /start of service/),
  ]);
  const { id } = await post(offramp, `/accounts/${offramp.accountId}/load_balancers/pools`, {
    name: 'pool',
    origins: [{ name: 'origin', address: '1.1.1.1' }],
  });
  for (const [name, proxied] of [
    ['*.app.example.com', false],
    ['*.web.example.com', true],
  ]) {
    const pools = { default_pools: [id], fallback_pool: id };
    await post(offramp, `/zones/${offramp.zoneId}/load_balancers`, { name, proxied, ...pools });
  }
  const asked = Object.entries(RESOLVERS).map(async ([name, address]) => [name, await ask(address)]);
  const answers = Object.fromEntries(await Promise.all(asked));
  await offramp.close();
  process.stdout.write(`${JSON.stringify(answers)}\n`);
} finally {
  for (const child of children) child.removeAllListeners('exit').kill('SIGKILL');
  rmSync(folder, { recursive: true });
}
