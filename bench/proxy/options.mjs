// What the benchmark can be asked.
import path from 'node:path';
import { readArguments } from '../../scripts/support/arguments.mjs';
import { WORKLOADS } from './workloads.mjs';

/** Ends the process for --help and for what cannot be understood. */
export function readOptions() {
  const names = WORKLOADS.map(({ name }) => name);
  const all = [...new Set(WORKLOADS.flatMap(({ contenders }) => contenders))];
  const { values } = readArguments(path.join(import.meta.dirname, 'run.mjs'), {
    options: {
      rounds: { type: 'string', default: '3', from: 1, tells: 'how often everything is measured' },
      seconds: { type: 'string', default: '2', from: 1, tells: 'how long each contender works in a round' },
      only: { type: 'string', tells: `these workloads alone, with commas: ${names.join(', ')}` },
      contenders: { type: 'string', tells: `these alone, with commas: ${all.join(', ')}` },
      against: { type: 'string', default: '6437172', tells: 'commit whose build is measured too, or none' },
      pin: { type: 'boolean', default: false, tells: 'contenders on CPU 0, load and origin on CPU 1' },
      strict: { type: 'boolean', default: false, tells: 'end with code 1 when a goal is missed' },
    },
  });
  return {
    rounds: whole('rounds', values.rounds),
    seconds: whole('seconds', values.seconds),
    workloads: chosen('only', values.only, names),
    contenders: chosen('contenders', values.contenders, all),
    against: values.against === 'none' ? null : values.against,
    pin: values.pin,
    strict: values.strict,
  };
}

function whole(name, given) {
  if (!Number.isInteger(Number(given)))
    refuse(`takes --${name} with a whole number, and was given "${given}"`);
  return Number(given);
}

function chosen(name, given, all) {
  if (given === undefined) return all;
  const names = given.split(',');
  const wrong = names.find((one) => !all.includes(one));
  if (wrong !== undefined) refuse(`takes --${name} with ${all.join(', ')}, and was given "${wrong}"`);
  return names;
}

function refuse(message) {
  process.stderr.write(`bench/proxy/run.mjs ${message}\n`);
  process.exit(2);
}
