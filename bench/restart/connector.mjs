// A connector in a process of its own, and what it says about its connections.
import { spawn } from 'node:child_process';
import path from 'node:path';

const MAIN = path.resolve(import.meta.dirname, '../../dist/main.js');

const KINDS = {
  ours: {
    command: () => process.execPath,
    args: (edge, ca, token) => [
      ...[MAIN, 'connector', '--log-level', 'info'],
      ...['--edge', edge, '--cacert', ca, '--token', token],
    ],
    registered: /"connector: registered"/,
    lost: /"connector: connection lost"/,
    /** Milliseconds that it says it waits for. */
    wait: (line) => /"waitMs":(\d+)/.exec(line)?.[1] ?? null,
  },
  cloudflared: {
    command: () => process.env.CLOUDFLARED_BIN,
    args: (edge, ca, token) => [
      'tunnel',
      ...['--no-autoupdate', '--protocol', 'http2', '--cacert', ca, '--metrics', '127.0.0.1:0'],
      ...Array(4).fill(['--edge', edge]).flat(),
      ...['run', '--token', token],
    ],
    registered: /Registered tunnel connection/,
    lost: /Unable to establish connection|Serve tunnel error|Lost connection|control stream encountered/,
    wait: (line) => {
      const [, text] = /Retrying connection in up to (\S+)/.exec(line) ?? [];
      return text === undefined ? null : Number.parseFloat(text) * (text.includes('m') ? 60_000 : 1_000);
    },
  },
};

export function startConnector(kind, edgePort, ca, token) {
  const { command, args, ...signs } = KINDS[kind];
  if (!command()) throw new Error('CLOUDFLARED_BIN names no cloudflared');
  const child = spawn(command(), args(`127.0.0.1:${edgePort}`, ca, token), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TUNNEL_NO_PRECHECKS: 'true' },
  });
  process.once('exit', () => child.kill('SIGKILL'));
  let times = [];
  let up = 0;
  let longestWait = 0;
  let waiters = [];
  let rest = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop();
      for (const line of lines) read(line);
    });

  function read(line) {
    if (process.env.VERBOSE) console.error(`[connector] ${line}`);
    longestWait = Math.max(longestWait, Number(signs.wait(line) ?? 0));
    if (signs.lost.test(line)) up = Math.max(0, up - 1);
    if (!signs.registered.test(line)) return;
    up += 1;
    times.push(performance.now());
    for (const waiter of waiters) if (times.length >= waiter.count) waiter.resolve();
  }

  return {
    /** Starts counting anew: what has been registered so far is about to be lost. */
    forget() {
      times = [];
      longestWait = 0;
    },
    firstRegistered: () => times[0],
    longestWait: () => longestWait,
    /** So many registrations since `forget`. */
    registered(count, limitMs) {
      if (times.length >= count) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const timer = setTimeout(
          () => reject(new Error(`${times.length} of ${count} connections in ${limitMs} ms`)),
          limitMs,
        );
        waiters = [
          ...waiters,
          {
            count,
            resolve() {
              clearTimeout(timer);
              resolve();
            },
          },
        ];
      });
    },
  };
}
