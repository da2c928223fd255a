import { LIVE_NOUNS, type LiveNoun, type LiveObjects, type SnapshotDelta } from '../live/snapshot.js';
import type { Client } from '../storage/database.js';
import { type Changes, changedIds } from './changes.js';

/** Where the data plane's objects of one noun come from. */
export interface LiveSource<N extends LiveNoun> {
  /** Reads those with these ids, or all; gone ones are left out. */
  load(db: Client, ids: readonly string[] | null): Promise<Loaded<N>>;
}

interface Loaded<N extends LiveNoun> {
  readonly live: readonly LiveObjects[N][];
  /** Shows the rows to readers of the API: to be called when they are committed. */
  commit(): void;
}

export type LiveSources = { readonly [N in LiveNoun]: LiveSource<N> };

/**
 * The data plane sees rows through `toLive`, which answers null for what is none of its business; readers of the API see them
 * through `committed`, if there is one.
 */
export function sourceOf<N extends LiveNoun, Row>(
  find: (db: Client, ids: readonly string[] | null) => Promise<readonly Row[]>,
  toLive: (row: Row) => LiveObjects[N] | null,
  committed?: { apply(rows: readonly Row[], ids: readonly string[] | null): void },
): LiveSource<N> {
  return {
    async load(db, ids) {
      const rows = await find(db, ids);
      const live = rows.map(toLive).filter((object) => object !== null);
      return { live, commit: () => committed?.apply(rows, ids) };
    },
  };
}

/** What has changed: for the data plane, and for readers of the API once it is committed. */
export interface LoadedChanges {
  readonly delta: Omit<SnapshotDelta, 'revision'>;
  commit(): void;
}

/** The present state of what `changes` name, or of everything. */
export async function loadChanges(
  sources: LiveSources,
  db: Client,
  changes: Changes | null,
): Promise<LoadedChanges> {
  const upsert: Partial<Record<LiveNoun, readonly { readonly id: string }[]>> = {};
  const remove: Partial<Record<LiveNoun, readonly string[]>> = {};
  const commits: (() => void)[] = [];
  for (const noun of LIVE_NOUNS) {
    const ids = changes && changedIds(changes, noun);
    if (ids?.length === 0) continue;
    const { live, commit } = await sources[noun].load(db, ids);
    commits.push(commit);
    upsert[noun] = live;
    if (!ids) continue;
    const present = new Set<string>(live.map(({ id }) => id));
    remove[noun] = ids.filter((id) => !present.has(id));
  }
  return {
    delta: { complete: changes === null, upsert: upsert as SnapshotDelta['upsert'], remove },
    commit() {
      for (const commit of commits) commit();
    },
  };
}
