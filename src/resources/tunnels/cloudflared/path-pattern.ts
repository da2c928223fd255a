import { re2 } from '../../../net/re2.js';

/** What all paths of a configuration may cost together; compiling more would keep a thread busy for seconds. */
export interface PathBudget {
  /** Ranges of characters beyond ASCII: without regard to case each takes milliseconds. */
  wideRanges: number;
  /** `\p{...}` and the like, which take a tenth of that. */
  unicodeClasses: number;
}

export const pathBudget = (): PathBudget => ({ wideRanges: 20, unicodeClasses: 500 });

/** Of one path. How long matching takes is the connector's business, but the program is made here too. */
const MAX_INSTRUCTIONS = 2000;
const MAX_REPETITIONS = 2000;
const MAX_WIDE_RANGES = 10;
const MAX_UNICODE_CLASSES = 100;

/**
 * What is wrong with the path of a rule as a regular expression, or null. Connectors compile it with Go's `regexp`, whose language is
 * RE2's.
 */
export function patternComplaint(source: string, budget: PathBudget): string | null {
  // Before it is compiled, because it is compiling that costs.
  const costs = costComplaint(source, budget);
  if (costs !== null) return costs;
  try {
    const size = re2().compile(source).programSize();
    return size <= MAX_INSTRUCTIONS
      ? null
      : `it needs ${size} steps for each character, of at most ${MAX_INSTRUCTIONS}: make it shorter or repeat less`;
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).replace('error parsing regexp: ', '');
  }
}

function costComplaint(source: string, budget: PathBudget): string | null {
  let repetitions = 0;
  for (const [, from, to] of source.matchAll(/\{(\d{1,9})(?:,(\d{0,9}))?\}/g))
    repetitions += Math.max(Number(from), Number(to ?? 0));
  if (repetitions > MAX_REPETITIONS)
    return `its repetitions add up to ${repetitions}, more than ${MAX_REPETITIONS}`;
  const ranges = source.match(/-(?:[^\0-\x7f]|\\x)/g)?.length ?? 0;
  const classes = source.match(/\\p/gi)?.length ?? 0;
  return (
    spent('wideRanges', 'ranges beyond ASCII', ranges, MAX_WIDE_RANGES, budget) ??
    spent('unicodeClasses', 'Unicode classes', classes, MAX_UNICODE_CLASSES, budget)
  );
}

function spent(
  what: keyof PathBudget,
  words: string,
  amount: number,
  most: number,
  budget: PathBudget,
): string | null {
  if (amount > most) return `its ${words} add up to ${amount}, more than ${most}`;
  if (amount > budget[what])
    return `it takes ${amount} of the ${pathBudget()[what]} ${words} that all rules have together, and ${budget[what]} are left`;
  budget[what] -= amount;
  return null;
}
