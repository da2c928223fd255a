// What Offramp is compared with, each in a process of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { temporaryDirectory } from '../support/offramp.mjs';

const READY_TRIES = 150;

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
  // At this verbosity it says nothing for a request, and nothing when it is ready either.
  const { child, stop } = start(program, ['mock', '-v', 'error', '-p', String(port), description]);
  for (let tries = 0; !(await listens(port)); tries++) {
    if (tries === READY_TRIES || child.exitCode !== null) throw new Error('Prism did not become ready');
    await delay(200);
  }
  return { pid: child.pid, port, stop };
}

function listens(port) {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1' }, () => resolve(socket.destroy() !== null));
    socket.on('error', () => resolve(false));
  });
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
