/** What a commit has changed, as its transaction named it. */
export type Changes = readonly (readonly [noun: string, id: string])[];

/** The ids of one noun among the changes, each once. */
export function changedIds(changes: Changes, noun: string): string[] {
  return [...new Set(changes.filter(([changed]) => changed === noun).map(([, id]) => id))];
}
