/**
 * What the patterns of one or several expressions may cost together; each that is compiled takes its part. Without it a load
 * balancer full of patterns, each of which is fine by itself, would keep a thread busy for seconds.
 */
export interface PatternBudget {
  /** For each byte of what is matched. */
  steps: number;
  /** Each that was not asked for before takes milliseconds. */
  unicodeClasses: number;
}

/** As much as all conditions of a load balancer have; one alone may use it up. */
export const patternBudget = (): PatternBudget => ({ steps: 20_000, unicodeClasses: 100 });

const WORDS: Readonly<Record<keyof PatternBudget, string>> = {
  steps: 'steps for each byte',
  unicodeClasses: 'Unicode classes',
};

/** Throws an Error when there is not so much left. */
export function spend(budget: PatternBudget, what: keyof PatternBudget, amount: number): void {
  if (amount > budget[what])
    throw new Error(
      `it takes ${amount} of the ${patternBudget()[what]} ${WORDS[what]} that all rules have together, and ${budget[what]} are left`,
    );
  budget[what] -= amount;
}
