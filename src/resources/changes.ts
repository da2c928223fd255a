import type { Changes } from '../storage/revisions.js';

export type { Changes };

/** The ids of one noun among the changes, each once. */
export function changedIds(changes: Changes, noun: string): string[] {
  return [...new Set(changes.filter(([changed]) => changed === noun).map(([, id]) => id))];
}
