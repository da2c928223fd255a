// The program on ports that stay the same, to be ended and started again.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import readline from 'node:readline';
import { temporaryDirectory } from '../support/offramp.mjs';
import { freePort } from '../support/processes.mjs';

const MAIN = path.resolve(import.meta.dirname, '../../dist/main.js');
/** The sockets that are handed over with --activated, and the flags that name their ports otherwise. */
const SOCKETS = { api: 'port', edge: 'edge-port', http: 'http-port' };

export async function openRestartable({ activated }) {
  const dataDir = temporaryDirectory();
  const ports = {};
  for (const name of Object.keys(SOCKETS)) ports[name] = await freePort();
  const others = { 'https-port': await freePort(), 'dns-port': await freePort() };
  const flags = [
    ...Object.entries(SOCKETS).map(([name, flag]) => `--${flag}=${ports[name]}`),
    ...Object.entries(others).map(([flag, port]) => `--${flag}=${port}`),
    '--min-monitor-interval=1',
    `--data-dir=${dataDir}`,
    ...(process.env.TEST_DATABASE_URL ? [`--database-url=${process.env.TEST_DATABASE_URL}`] : []),
  ];
  const held = activated ? Object.values(ports).map(boundSocket) : [];
  let child;

  function launch() {
    const argv = [MAIN, 'start', '--json', ...flags];
    if (!activated) return spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    const script = 'export LISTEN_PID=$$; exec "$@"';
    return spawn('sh', ['-c', script, 'sh', process.execPath, ...argv], {
      stdio: ['ignore', 'pipe', 'inherit', ...held],
      env: {
        ...process.env,
        LISTEN_FDS: String(held.length),
        LISTEN_FDNAMES: Object.keys(SOCKETS).join(':'),
      },
    });
  }

  return {
    ports,
    async start() {
      child = launch();
      process.once('exit', () => child.kill('SIGKILL'));
      const exited = once(child, 'exit').then(([code]) => {
        throw new Error(`offramp ended with code ${code} before it was ready`);
      });
      exited.catch(() => {});
      const [line] = await Promise.race([once(readline.createInterface(child.stdout), 'line'), exited]);
      const ready = JSON.parse(line);
      return { ready, port: ports.api };
    },
    async stop() {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

/**
 * Descriptor of a socket on which this process never accepts. Node has no public way to get one: its servers accept as soon as they
 * listen. The first child makes it listen, and as it stays open here it goes on listening when the child ends.
 */
function boundSocket(port) {
  const handle = net._createServerHandle('127.0.0.1', port, 4);
  if (typeof handle === 'number') throw new Error(`127.0.0.1:${port} cannot be had (${handle})`);
  return handle.fd;
}
