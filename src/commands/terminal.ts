import { pino } from 'pino';

/** Logs go to stderr, so that stdout has only what a program or a person asked for. */
export const stderrLog = (level: string) => pino({ level }, pino.destination({ fd: 2, sync: true }));

export const say = (text: string) => void process.stdout.write(`${text}\n`);
export const note = (text: string) => void process.stderr.write(`${text}\n`);

/** Resolves at the first SIGINT or SIGTERM; a second one ends the process at once. */
export function asked(): Promise<void> {
  return new Promise((resolve) => {
    let first = true;
    const onSignal = () => {
      if (!first) process.exit(130);
      first = false;
      resolve();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
  });
}
