import { CONTROL_FLAGS } from '../../config/flags.js';
import { parseFlagsAndWords, UsageError } from '../../config/parse.js';
import { ask } from '../ask.js';
import type { Command } from '../command.js';
import { withCredential } from '../credential.js';
import { say } from '../terminal.js';

/** Milliseconds that an answer may take beyond what was waited for. */
const PATIENCE_MS = 5_000;
/** What a question that waits does without `timeout_ms`. */
const USUAL_WAIT_MS = 5_000;

export const requestsCommand: Command = {
  summary: 'show, count or wait for the requests of traffic, or of the API',
  flags: CONTROL_FLAGS,
  notes: `
Use: offramp requests                                       the newest first, a line of JSON each
     offramp requests host=app.example.com status=503       those that fit (and load_balancer, pool, origin, method, path, ray, client_ip, since, limit)
     offramp requests host=app.example.com wait=3           when so many have come; exit code 1 when they have not in timeout_ms (${USUAL_WAIT_MS})
     offramp requests api refused=true                      those of the API (method, path, operation, status, refused, ray, since, limit, wait)
     offramp requests clear                                 forgets them; so does "requests api clear"

When none fits, those that miss the fewest filters are told on standard error. See docs/explain.md and docs/test-control.md.
`,
  async run(argv, env) {
    const { flags: given, words } = parseFlagsAndWords(CONTROL_FLAGS, argv, env);
    const flags = withCredential(given);
    const ofApi = words[0] === 'api';
    const rest = ofApi ? words.slice(1) : words;
    const address = `${new URL(flags['api-url']).origin}/_offramp/${ofApi ? 'api-requests' : 'requests'}`;
    if (rest[0] === 'clear' && rest.length === 1) {
      await ask(address, flags, { method: 'DELETE' });
      return 0;
    }
    const query = new URLSearchParams(rest.map(filterOf));
    const wait = Number(query.get('wait') ?? 0);
    const patienceMs = PATIENCE_MS + (wait > 0 ? Number(query.get('timeout_ms') ?? USUAL_WAIT_MS) : 0);
    const answer = (await ask(`${address}?${query}`, flags, { patienceMs })) as unknown as Found;
    for (const request of answer.requests) say(JSON.stringify(request));
    for (const near of answer.nearest) process.stderr.write(`nearest: ${JSON.stringify(near)}\n`);
    return answer.count < wait ? 1 : 0;
  },
};

interface Found {
  readonly count: number;
  readonly requests: readonly object[];
  readonly nearest: readonly object[];
}

function filterOf(word: string): [string, string] {
  const at = word.indexOf('=');
  if (at > 0) return [word.slice(0, at), word.slice(at + 1)];
  throw new UsageError(`"${word}" is no filter, such as host=app.example.com; "clear" stands alone`);
}
