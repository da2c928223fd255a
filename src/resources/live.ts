import { LIVE_NOUNS, type LiveNoun, type LiveObjects, type SnapshotDelta } from '../live/snapshot.js';
import type { Client } from '../storage/database.js';

/** Reads objects of one noun as the data plane sees them: those with these ids, or all. Gone ones are left out. */
export type LiveLoader<N extends LiveNoun> = (
  db: Client,
  ids: readonly string[] | null,
) => Promise<LiveObjects[N][]>;

export type LiveLoaders = { readonly [N in LiveNoun]: LiveLoader<N> };

/** The present state of what `changes` name, or of everything: what the data plane must know to follow. */
export async function loadDelta(
  loaders: LiveLoaders,
  db: Client,
  changes: readonly (readonly [noun: string, id: string])[] | null,
): Promise<Omit<SnapshotDelta, 'revision'>> {
  const upsert: Partial<Record<LiveNoun, readonly { readonly id: string }[]>> = {};
  const remove: Partial<Record<LiveNoun, readonly string[]>> = {};
  for (const noun of LIVE_NOUNS) {
    const ids = changes && [...new Set(changes.filter(([changed]) => changed === noun).map(([, id]) => id))];
    if (ids?.length === 0) continue;
    const found = await loaders[noun](db, ids);
    upsert[noun] = found;
    if (!ids) continue;
    const present = new Set<string>(found.map(({ id }) => id));
    remove[noun] = ids.filter((id) => !present.has(id));
  }
  return { complete: changes === null, upsert: upsert as SnapshotDelta['upsert'], remove };
}
