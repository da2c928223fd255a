import { CONTROL_FLAGS } from '../../config/flags.js';
import { parseFlagsAndWords, UsageError } from '../../config/parse.js';
import { ask, type Question } from '../ask.js';
import type { Command } from '../command.js';
import { withCredential } from '../credential.js';
import { say } from '../terminal.js';

/** Milliseconds: years may have to pass. */
const PATIENCE_MS = 60_000;

export const clockCommand: Command = {
  summary: 'show, stop, set or advance the clock of a running Offramp',
  flags: CONTROL_FLAGS,
  notes: `
Use: offramp clock                             how it stands
     offramp clock stop [TIME]                 it stands still, at 2030-01-31T12:00:00Z for one
     offramp clock set TIME                    it jumps: what is due by then is done once
     offramp clock advance 90s                 time passes: what is due is done at its moments (ms, s, m, h, d)
     offramp clock start                       it goes on from where it stands
     offramp clock reset                       it goes with real time again

All but the first take --memory or --test-control at the start. See docs/test-control.md.
`,
  async run(argv, env) {
    const { flags: given, words } = parseFlagsAndWords(CONTROL_FLAGS, argv, env);
    const flags = withCredential(given);
    const address = `${new URL(flags['api-url']).origin}/_offramp/clock`;
    const { result, messages } = await ask(address, flags, { ...questionOf(words), patienceMs: PATIENCE_MS });
    const { now, stopped, offset_ms } = result as { now: string; stopped: boolean; offset_ms: number };
    const ahead = offset_ms === 0 ? 'with real time' : `${offset_ms} ms ahead of real time`;
    say(`${now}, ${stopped ? 'stopped' : `going ${ahead}`}`);
    for (const { message } of (messages ?? []) as readonly { message: string }[]) say(message);
    return 0;
  },
};

function questionOf([verb, value, ...more]: readonly string[]): Question {
  const post = (body: object): Question => ({ method: 'POST', body: JSON.stringify(body) });
  if (more.length === 0) {
    if (verb === undefined) return {};
    if (verb === 'reset' && value === undefined) return { method: 'DELETE' };
    if (verb === 'start' && value === undefined) return post({ start: true });
    if (verb === 'stop') return post(value === undefined ? { stop: true } : { stop: true, set: value });
    if (verb === 'set' && value !== undefined) return post({ set: value });
    if (verb === 'advance' && value !== undefined) return post({ advance_ms: milliseconds(value) });
  }
  throw new UsageError('clock takes nothing, or stop [TIME], set TIME, advance DURATION, start or reset');
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 6e4, h: 36e5, d: 864e5 };

function milliseconds(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? [];
  if (number === undefined)
    throw new UsageError(`"${text}" is no duration, such as 250ms, 90s, 10m, 2h or 30d`);
  return Math.round(Number(number) * UNITS[unit!]!);
}
