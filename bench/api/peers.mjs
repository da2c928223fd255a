// What Offramp is compared with, each in a process of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import readline from 'node:readline';
import { temporaryDirectory } from '../support/offramp.mjs';

/** A Fastify that answers this text, and nothing else. */
export async function startBare(answer) {
  const file = path.join(temporaryDirectory(), 'answer.json');
  writeFileSync(file, answer);
  const { child, stop } = start(process.execPath, [path.join(import.meta.dirname, 'bare-fastify.mjs'), file]);
  const [line] = await once(child.stdout, 'data');
  return { pid: child.pid, port: Number(line), stop };
}

/** Prism with Cloudflare's description; null when one of them is not there. */
export async function startPrism() {
  const description = process.env.OFFRAMP_ORACLE;
  const program = process.env.PRISM_BIN ?? onPath('prism');
  if (!program || !description || !existsSync(description)) return null;
  const port = await freePort();
  const { child, stop } = start(program, ['mock', '-v', 'error', '-p', String(port), description]);
  for await (const line of readline.createInterface({ input: child.stdout })) {
    if (!line.includes('Prism is listening')) continue;
    child.stdout.resume();
    return { pid: child.pid, port, stop };
  }
  throw new Error('Prism ended before it was ready');
}

function start(program, args) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const kill = () => child.kill();
  process.once('exit', kill);
  return { child, stop: () => process.off('exit', kill) && kill() };
}

const onPath = (name) =>
  process.env.PATH.split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find((file) => existsSync(file));

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
