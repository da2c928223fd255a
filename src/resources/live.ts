import type { LiveNoun, LiveObjects, SnapshotDelta } from '../live/snapshot.js';
import type { Client } from '../storage/database.js';

/** Reads objects of one noun as the data plane sees them: those with these ids, or all. Gone ones are left out. */
export type LiveLoader<N extends LiveNoun> = (
  db: Client,
  ids: readonly string[] | null,
) => Promise<LiveObjects[N][]>;

export type LiveLoaders = { readonly [N in LiveNoun]: LiveLoader<N> };

/** The present state of what is `wanted`, or of everything. */
export async function loadDelta(
  loaders: LiveLoaders,
  db: Client,
  wanted: ReadonlyMap<LiveNoun, ReadonlySet<string>> | null,
): Promise<Omit<SnapshotDelta, 'revision'>> {
  const upsert: Partial<Record<LiveNoun, readonly { readonly id: string }[]>> = {};
  const remove: Partial<Record<LiveNoun, readonly string[]>> = {};
  for (const noun of Object.keys(loaders) as LiveNoun[]) {
    const ids = wanted?.get(noun);
    if (wanted && !ids) continue;
    const found = await loaders[noun](db, ids ? [...ids] : null);
    const present = new Set(found.map(({ id }) => id));
    upsert[noun] = found;
    if (ids) remove[noun] = [...ids].filter((id) => !present.has(id));
  }
  return { complete: wanted === null, upsert: upsert as SnapshotDelta['upsert'], remove };
}
