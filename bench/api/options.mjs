// What the benchmark can be asked.
import path from 'node:path';
import { readArguments } from '../../scripts/support/arguments.mjs';

const HELP = `npm run bench:api -- [options]: the API of today's build beside that of an older commit

The old program is built from this clone (git archive, npm ci, npm run build) and kept in .bench/, so that a second run is
quick. Both then do the same work on the same machine, in turns, round after round; what is printed is the median of the
ratios of the rounds, with the smallest and the largest. Beside them: a Fastify with nothing in it, Prism with our own
OpenAPI document, and a bare UPDATE and COMMIT on the same kind of database. Load comes from a process of its own, whose
CPU time nobody is charged for. Loopback only; ends by itself; a full run takes about half an hour.

  --against REF        commit, tag or branch to compare with (6437172)
  --database WHICH     embedded, postgres or both; postgres needs /usr/lib/postgresql/*/bin (both)
  --only PART,PART     start (CPU to ready, idle memory), requests (a few pools), scale (very many pools) (all)
  --rounds N           rounds of every comparison (5; of starts 3 at most)
  --seconds S          how long each contender works in a round (3)
  --pools N            how many pools are very many (10000)
  --quick              3 rounds of 0.5 s, 1000 pools and shorter rest, to see that all of it works; no figures to rely on
  --json FILE          also write every round's figures to this file
  --clean              remove .bench/ and end
  --help, -h           this text

Each goal is printed beside its figure with "met" or "NOT MET"; the exit code is 0 in both cases.
`;

const PARTS = ['start', 'requests', 'scale'];
const DATABASES = { embedded: ['embedded'], postgres: ['postgres'], both: ['embedded', 'postgres'] };

const text = (usual) => ({ type: 'string', ...(usual ? { default: usual } : {}) });
const flag = { type: 'boolean', default: false };
const OPTIONS = {
  against: text('6437172'),
  database: text('both'),
  only: text(PARTS.join()),
  rounds: text(),
  seconds: text(),
  pools: text(),
  json: text(),
  quick: flag,
  clean: flag,
};

/** Ends the process for --help and for what cannot be understood. */
export function readOptions() {
  const { values } = readArguments(path.join(import.meta.dirname, 'run.mjs'), {
    options: OPTIONS,
    help: HELP,
  });
  if (process.platform !== 'linux')
    refuse('CPU time and memory are read from /proc: this runs on Linux only\n');
  const databases = DATABASES[values.database];
  if (!databases) refuse(`--database is ${values.database}: it can be embedded, postgres or both\n`);
  const parts = values.only.split(',');
  const wrong = parts.find((part) => !PARTS.includes(part));
  if (wrong !== undefined) refuse(`--only has ${wrong}: there are ${PARTS.join(', ')}\n`);
  const quick = values.quick ? { rounds: '3', seconds: '0.5', pools: '1000' } : {};
  const number = (name, least, usual) => {
    const given = values[name] ?? quick[name] ?? usual;
    if (!(Number(given) >= least)) refuse(`--${name} is ${given}: it takes a number from ${least}\n`);
    return Number(given);
  };
  return {
    against: values.against,
    databases,
    parts,
    rounds: number('rounds', 1, '5'),
    seconds: number('seconds', 0.1, '3'),
    pools: number('pools', 100, '10000'),
    idleSeconds: values.quick ? 2 : 10,
    json: values.json ?? null,
    clean: values.clean,
  };
}

function refuse(message) {
  process.stderr.write(message);
  process.exit(2);
}
