import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { ANY_CREDENTIAL } from '../config/any-credential.js';
import { argumentsOf, type OfframpOptions } from '../config/options.js';

/** Where a server listens, as its ready line says. */
export interface Endpoints {
  readonly api_url: string;
  readonly http: string;
  readonly https: string;
  readonly dns: string;
  readonly edge: string;
  readonly edge_ca: string;
  /** What its API takes: one of those that it was given, or any. */
  readonly token: string;
}

export interface StartedServer {
  readonly endpoints: Endpoints;
  stop(): Promise<void>;
}

/** In memory, on free ports, and never longer than the process that has started it. */
const USUAL: OfframpOptions = {
  memory: true,
  json: true,
  endWithStdin: true,
  port: 0,
  edgePort: 0,
  httpPort: 0,
  httpsPort: 0,
  dnsPort: 0,
  privatePort: 0,
  minMonitorInterval: 1,
  // Of the first account, which no file of tests has: the usual names are free.
  domain: 'offramp.test',
  drainTimeout: 1,
};

/** Built, it lies in dist/bundle. */
const PROGRAM = fileURLToPath(new URL('../main.js', import.meta.url));

/** The person's own settings are for their own Offramp. */
const OWN = /^(OFFRAMP|CLOUDFLARE|TUNNEL|DATABASE)_|^LISTEN_(PID|FDS|FDNAMES)$/;

/**
 * Starts `offramp start` as a process of its own, which the workers of a run share, and which a busy runner keeps from nothing. It ends when this
 * process closes its standard input, or has died, whichever way; and this process need not wait for it.
 */
export async function startServer(options: OfframpOptions = {}): Promise<StartedServer> {
  const args = [PROGRAM, 'start', ...argumentsOf({ ...USUAL, ...options })];
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OWN.test(name)));
  const child = spawn(process.execPath, args, { env, stdio: 'pipe' });
  const exited = once(child, 'exit');
  /** Until it is ready, what it says is about why it may not be. */
  let said = '';
  const keep = (text: string) => {
    said += text;
  };
  child.stderr.setEncoding('utf8').on('data', keep);
  const line = await Promise.race([firstLine(child.stdout), exited]);
  if (typeof line !== 'string')
    throw new Error(`no Offramp could be started, code ${line[0]}: ${said.trim() || 'it has said nothing'}`);
  process.stderr.write(said);
  child.stderr.off('data', keep).on('data', (text: string) => process.stderr.write(text));
  child.unref();
  // Pipes are sockets.
  for (const pipe of [child.stdin, child.stdout, child.stderr] as unknown as Socket[]) pipe.unref();
  return {
    endpoints: {
      ...(JSON.parse(line) as Endpoints),
      token: String([options.apiToken].flat()[0] ?? ANY_CREDENTIAL),
    },
    async stop() {
      child.ref();
      child.stdin.end();
      if (child.exitCode === null && child.signalCode === null) await exited;
    },
  };
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  stream.setEncoding('utf8');
  return await new Promise((resolve) => {
    stream.on('data', (chunk: string) => {
      text += chunk;
      const end = text.indexOf('\n');
      if (end >= 0) resolve(text.slice(0, end));
    });
  });
}
