import { type ChildProcess, spawn } from 'node:child_process';
import dgram from 'node:dgram';
import net from 'node:net';
import { cleanEnvironment } from './clean-environment.js';
import { MAIN, readyLine } from './program.js';

interface Handle {
  readonly fd: number;
  getsockname(out: object): number;
  close(): void;
}
/** Node's own servers accept as soon as they listen; these are only bound, and the process that takes them makes them listen. */
type Bind = (address: string, port: number, type: 4 | 'udp4') => Handle | number;
const bindTcp = (net as unknown as { _createServerHandle: Bind })._createServerHandle;
const bindUdp = (dgram as unknown as { _createSocketHandle: Bind })._createSocketHandle;

/**
 * What systemd does for a socket unit: sockets that stay open while the processes that serve them come and go. TCP under each of these
 * names, and for `dns` UDP as well.
 */
export function holdSockets(names: readonly string[], host = '127.0.0.1') {
  const held: { name: string; handle: Handle }[] = [];
  const ports: Record<string, number> = {};
  const hold = (name: string, bound: Handle | number) => {
    if (typeof bound === 'number') throw new Error(`${name} cannot be bound: ${bound}`);
    held.push({ name, handle: bound });
    const address = { port: 0 };
    bound.getsockname(address);
    ports[name] = address.port;
  };
  for (const name of names) {
    hold(name, bindTcp(host, 0, 4));
    if (name === 'dns') hold(name, bindUdp(host, ports.dns!, 'udp4'));
  }

  function spawnWith(flags: readonly string[], stderr: 'inherit' | 'pipe' = 'inherit'): ChildProcess {
    const script = 'export LISTEN_PID=$$; exec "$@"';
    return spawn('sh', ['-c', script, 'sh', process.execPath, MAIN, 'start', '--json', ...flags], {
      env: {
        ...cleanEnvironment(),
        LISTEN_FDS: `${held.length}`,
        LISTEN_FDNAMES: held.map(({ name }) => name).join(':'),
      },
      stdio: ['ignore', 'pipe', stderr, ...held.map(({ handle }) => handle.fd)],
    });
  }

  return {
    ports,
    spawnWith,
    async start(flags: readonly string[]) {
      const child = spawnWith(flags);
      return { process: child, ready: await readyLine(child) };
    },
    close() {
      for (const { handle } of held) handle.close();
    },
  };
}
