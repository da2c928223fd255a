import { EXPLAIN_FLAGS } from '../config/flags.js';
import { parseFlagsAndWords, UsageError } from '../config/parse.js';
import { ask } from './ask.js';
import type { Command } from './command.js';
import { withCredential } from './credential.js';
import { describeExplanation, type WireExplanation } from './explanation-text.js';
import { say } from './terminal.js';

/** Asks a running Offramp where a request would go, and says it for a person. */
export const explainCommand: Command = {
  summary: 'tell where a request would go, and why, without sending it',
  flags: EXPLAIN_FLAGS,
  notes: `
Use: offramp explain http://app.example.com/cart --ip 192.0.2.7 --header 'Cookie: __cflb=…'
`,
  async run(argv, env) {
    const { flags: given, words } = parseFlagsAndWords(EXPLAIN_FLAGS, argv, env);
    const flags = withCredential(given);
    const url = urlOf(words);
    const question = new URLSearchParams({
      host: url.host,
      path: url.pathname + url.search,
      scheme: url.protocol.slice(0, -1),
      ip: flags.ip,
      method: flags.method,
    });
    for (const header of flags.header) question.append('header', header);
    const address = `${new URL(flags['api-url']).origin}/_offramp/explain?${question}`;
    const answer = await ask(address, flags);
    say(
      flags.json
        ? JSON.stringify(answer, null, 2)
        : describeExplanation(answer as unknown as WireExplanation),
    );
    return 0;
  },
};

/** `app.example.com/cart` means HTTP. */
function urlOf(words: readonly string[]): URL {
  const [text, ...more] = words;
  if (text === undefined || more.length > 0)
    throw new UsageError(`explain takes one URL, such as http://app.example.com/cart, not ${words.length}`);
  const whole = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : null;
  if (!url || !['http:', 'https:'].includes(url.protocol))
    throw new UsageError(`"${text}" is no URL of HTTP, such as http://app.example.com/cart`);
  return url;
}
