import { isDeepStrictEqual } from 'node:util';
import { inUnicode } from '../net/hostnames.js';
import { initialOf } from '../resources/_kit/fields.js';
import { singleOf } from '../resources/_kit/singles.js';
import { allAccounts } from '../resources/accounts/accounts/definition.js';
import { fields as zoneFields } from '../resources/accounts/zones/fields.js';
import type { WorkingWorld } from '../resources/definitions.js';
import { fields as connectivity } from '../resources/networks/connectivity-settings/definition.js';
import type { AnySeedNoun } from './noun.js';
import { NOUNS_OF_ACCOUNTS, NOUNS_OF_ZONES } from './nouns/all.js';
import { withReferences } from './references.js';
import { sentOf } from './sent.js';

/** The present state as a seed: objects by name, with their identifiers. */
export const seedOf = (world: WorkingWorld): object => ({
  accounts: allAccounts(world).map((account) => accountOf(world, account)),
});

type Account = ReturnType<typeof allAccounts>[number];

function accountOf(world: WorkingWorld, { id, name, type, settings }: Account): object {
  const keys = keysOf(world, id);
  const lists = (owner: string, nouns: readonly AnySeedNoun[]) =>
    Object.fromEntries(
      nouns
        .map((noun) => [noun.member, noun.rows(world, owner).map((row) => entryOf(noun, row, keys))] as const)
        .filter(([, entries]) => entries.length > 0),
    );
  const own = singleOf(world.connectivitySettings, connectivity, id);
  const zones = world.zones.of(id).map((zone) => ({
    id: zone.id,
    name: inUnicode(zone.name),
    ...sentOf(zoneFields, zone.values, initialOf(zoneFields)),
    ...lists(zone.id, NOUNS_OF_ZONES),
  }));
  return {
    id,
    name,
    ...(type !== 'standard' && { type }),
    ...(!isDeepStrictEqual(settings, { enforce_twofactor: false }) && { settings }),
    ...(!isDeepStrictEqual(own, initialOf(connectivity)) && { connectivity_settings: own }),
    ...(zones.length > 0 && { zones }),
    ...lists(id, NOUNS_OF_ACCOUNTS),
  };
}

interface Keys {
  /** By identifier. */
  readonly names: ReadonlyMap<string, string>;
  /** Those whose name is not enough. */
  readonly needed: ReadonlySet<string>;
}

/** A name for each object of the account that others can name: its own where no other one has it. */
function keysOf(world: WorkingWorld, accountId: string): Keys {
  const names = new Map<string, string>();
  const needed = new Set<string>();
  const named = new Set(
    [...NOUNS_OF_ACCOUNTS, ...NOUNS_OF_ZONES].flatMap(({ references }) => references.flatMap(({ to }) => to)),
  );
  for (const noun of NOUNS_OF_ACCOUNTS.filter(({ member }) => named.has(member))) {
    const rows: readonly { readonly id: string }[] = noun.rows(world, accountId);
    const own = rows.map((row) => noun.nameOf(row));
    const taken = new Set(own);
    let number = 0;
    for (const [index, { id }] of rows.entries()) {
      const name = own[index];
      if (name && own.indexOf(name) === own.lastIndexOf(name)) {
        names.set(id, name);
        continue;
      }
      do number += 1;
      while (taken.has(`${noun.one} ${number}`));
      names.set(id, `${noun.one} ${number}`);
      needed.add(id);
    }
  }
  return { names, needed };
}

function entryOf(noun: AnySeedNoun, row: { readonly id: string }, { names, needed }: Keys): object {
  const named = withReferences(noun.sent(row), noun.references, (_to, id) => names.get(id) ?? id) as object;
  return { id: row.id, ...(needed.has(row.id) && { key: names.get(row.id) }), ...named };
}
