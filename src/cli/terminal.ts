import { closeSync, openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { isatty } from 'node:tty';
import { pino } from 'pino';

/** Logs go to stderr, so that stdout has only what a program or a person asked for. */
export function stderrLog(level: string) {
  const stderr = pino.destination({ fd: 2, sync: true });
  // Of a terminal that has hung up: there is nobody to tell, and the process still has to end as it should.
  stderr.on('error', () => {});
  return pino({ level }, stderr);
}

export const say = (text: string) => void process.stdout.write(`${text}\n`);
export const note = (text: string) => void process.stderr.write(`${text}\n`);

/**
 * Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. SIGHUP counts like SIGTERM where standard input is a
 * terminal: it says that the terminal has gone. Elsewhere it is what tells a service to open its logs anew, which is `reopenLogs`.
 */
export function askedToStop(reopenLogs: () => void = () => {}): Promise<void> {
  // Looked at now: a terminal that has hung up is none any more.
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  const onTerminal = terminals.includes(0);
  return new Promise((resolve) => {
    let first = true;
    const onSignal = () => {
      if (!first) process.exit(130);
      first = false;
      resolve();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
    process.on('SIGHUP', () => {
      if (!onTerminal) return reopenLogs();
      // Both the shell and the kernel may send it, so another one is no impatience.
      leave(terminals.splice(0));
      first = false;
      resolve();
    });
  });
}

/** Also when it is closed, or cannot be read: whoever could end it has gone then. It is no reason to stay for what ends otherwise. */
export function endOfStdin(): Promise<void> {
  return new Promise((resolve) => {
    for (const event of ['end', 'close', 'error']) process.stdin.once(event, () => resolve());
    process.stdin.resume();
    // A file has nothing to wait for.
    (process.stdin as Partial<Pick<Socket, 'unref'>>).unref?.();
  });
}

/**
 * Puts /dev/null in the place of terminals that have hung up. Writes to them fail; and at its end Node restores the settings that they
 * had at the start, and aborts when it cannot.
 */
function leave(terminals: readonly number[]): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  for (const fd of terminals) {
    closeSync(fd);
    // The lowest number that is free: the one that was closed.
    openSync('/dev/null', 'r+');
  }
}
