import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A web server in a process of its own, so that it can be killed as the kernel would. */
export interface OriginProcess {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** Stops it without ending it: the kernel goes on accepting connections, and nobody answers. */
  freeze(): void;
  /** `kill -9`; resolves when it is gone. */
  kill(): Promise<void>;
  /** A new process on the same address and port. */
  revive(): Promise<void>;
}

const SERVER = `
const [name, address, port] = process.argv.slice(1);
const server = require('node:http').createServer((request, response) => {
  request.resume();
  request.on('end', () => response.end(name));
});
server.keepAliveTimeout = 60000;
server.listen(Number(port), address, () => process.stdout.write(server.address().port + '\\n'));
process.on('disconnect', () => process.exit());
`;

/** `address` is a loopback address such as 127.0.1.1: what a connector on this machine can reach and nobody else. */
export async function startOriginProcess(name: string, address: string, wanted = 0): Promise<OriginProcess> {
  let child = await spawnServer(name, address, wanted);
  const port = child.port;
  return {
    name,
    address,
    port,
    freeze() {
      child.process.kill('SIGSTOP');
    },
    async kill() {
      if (child.process.exitCode !== null || child.process.signalCode !== null) return;
      const exit = once(child.process, 'exit');
      child.process.kill('SIGKILL');
      await exit;
    },
    async revive() {
      child = await spawnServer(name, address, port);
    },
  };
}

async function spawnServer(
  name: string,
  address: string,
  port: number,
): Promise<{ process: ChildProcess; port: number }> {
  const child = spawn(process.execPath, ['-e', SERVER, name, address, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  return { process: child, port: Number(line.toString()) };
}
