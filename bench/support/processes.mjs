// Processes that are measured: started until they listen, and gone when the benchmark ends.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';

const START_LIMIT_MS = 15_000;
const children = [];
process.once('exit', () => {
  for (const child of children) child.kill('SIGTERM');
});

const FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/usr/bin', '/usr/local/bin'];

/** The file of a program that is installed, null when it is not. */
export function findProgram(name) {
  return FOLDERS.map((folder) => path.join(folder, name)).find((file) => existsSync(file)) ?? null;
}

/** Command and arguments of what is to run on this CPU only; null is any. */
export function onCpu(cpu, command, args) {
  return cpu === null ? [command, args] : ['taskset', ['-c', String(cpu), command, ...args]];
}

/** A child that is ended with us; what it prints is printed, unless `quiet`. */
export function startProcess({ command, args, quiet = false, cpu = null }) {
  const output = quiet ? 'ignore' : 'inherit';
  const child = spawn(...onCpu(cpu, command, args), { stdio: ['ignore', output, output] });
  children.push(child);
  return child;
}

/** Resolves with the child when its port accepts. */
export async function startListening({ port, ...wanted }) {
  const child = startProcess(wanted);
  let failure;
  child.on('error', (error) => {
    failure = error;
  });
  const deadline = Date.now() + START_LIMIT_MS;
  while (child.exitCode === null && !failure && Date.now() < deadline) {
    if (await accepts(port)) return child;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const why = failure ? `: ${failure.message}` : '';
  throw new Error(`${wanted.command} ${wanted.args.join(' ')} does not listen on port ${port}${why}`);
}

function accepts(port) {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true));
    socket.on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

export function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
