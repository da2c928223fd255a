// What both programs are compared with, each in a process of its own.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { temporaryDirectory } from '../support/offramp.mjs';
import { CACHE } from '../support/old-build.mjs';
import { freePort, startListening } from '../support/processes.mjs';

/** The last line that runs on every Node that Offramp runs on. No dependency of ours: it would bring 185 packages. */
const PRISM = '@stoplight/prism-cli@5.14.2';
const DOCUMENT = path.resolve(import.meta.dirname, '../../openapi/openapi.json');

/** A Fastify that answers this text, and nothing else. */
export async function startBare(answer) {
  const file = path.join(temporaryDirectory(), 'answer.json');
  writeFileSync(file, answer);
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'bare-fastify.mjs'), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = () => child.kill();
  process.once('exit', kill);
  const [line] = await once(child.stdout, 'data');
  return { pid: child.pid, port: Number(line), stop: () => process.off('exit', kill) && kill() };
}

/** Prism with our own document; `{ missing }` says why not. It would tell of every request, so it is silenced. */
export async function startPrism(say) {
  try {
    const program = prismProgram(say);
    const port = await freePort();
    const args = [program, 'mock', '-v', 'silent', '-h', '127.0.0.1', '-p', String(port), DOCUMENT];
    const child = await startListening({ command: process.execPath, args, port, quiet: true });
    return { pid: child.pid, port };
  } catch (error) {
    return { missing: `Prism cannot be had: ${error.message.split('\n')[0]}` };
  }
}

function prismProgram(say) {
  const folder = path.join(CACHE, PRISM.slice(PRISM.indexOf('/') + 1));
  if (!existsSync(folder)) {
    say(`installing ${PRISM}`);
    const unfinished = `${folder}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(unfinished, { recursive: true });
    writeFileSync(path.join(unfinished, 'package.json'), '{"private":true}');
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', PRISM];
    execFileSync('npm', args, { cwd: unfinished, stdio: ['ignore', 2, 2] });
    renameSync(unfinished, folder);
  }
  return path.join(folder, 'node_modules/@stoplight/prism-cli/dist/index.js');
}
