import type { z } from 'zod';
import type { Made, MadeInAccount } from '../api/admin/test-control.js';
import { ApiError } from '../api/errors.js';
import { isUuid } from '../api/identifiers.js';
import { inAscii } from '../net/hostnames.js';
import { changeSingle } from '../resources/_kit/singles.js';
import { allAccounts, firstAccount } from '../resources/accounts/accounts/definition.js';
import { createAccount, replaceAccount } from '../resources/accounts/accounts/rules.js';
import { addZone, changeZone } from '../resources/accounts/zones/rules.js';
import type { Settings } from '../resources/context.js';
import { DEFINITIONS, type WorkingDraft } from '../resources/definitions.js';
import { FIRST_NAME, type FirstAccountOptions } from '../resources/first-account.js';
import { firstFew } from '../resources/first-few.js';
import { fields as connectivity } from '../resources/networks/connectivity-settings/definition.js';
import type { AnyDefinition } from '../storage/tables/definition.js';
import { accountEntry, accountList, belongings, entryOf, zoneEntry } from './entry.js';
import { type Path, type SeedFile, SeedRefused } from './file.js';
import type { AnySeedNoun } from './noun.js';
import { NOUNS_OF_ACCOUNTS, NOUNS_OF_ZONES } from './nouns/all.js';
import { withReferences } from './references.js';

export interface Seeding {
  readonly settings: Settings;
  /** For the first account and its first zone, where the seed gives no id. */
  readonly first: FirstAccountOptions;
}

type Members = Readonly<Record<string, unknown>>;

/** Makes what a seed has, in a draft. Throws SeedRefused at the first thing that is wrong; then the draft is good for nothing. */
export function applySeed(draft: WorkingDraft, file: SeedFile, { settings, first }: Seeding): Made {
  const nextTime = timesBefore(draft, entriesIn(file.contents));
  /** What is made is as old as its place in the seed says, so that lists show it in that order. */
  const draftOf = (id: string | undefined): WorkingDraft => ({
    ...draft,
    now: nextTime(),
    ...(id !== undefined && { ids: { hex: () => id, uuid: () => id } }),
  });

  function checked<S extends z.ZodType>(schema: S, value: unknown, path: Path): z.output<S> {
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    const { issues } = result.error;
    // A name that was misspelt may be why another one is missing.
    const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
    throw new SeedRefused(file, [...path, ...(issue!.path as Path)], complaintOf(issue!));
  }

  function atPath<T>(path: Path, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw error instanceof ApiError ? new SeedRefused(file, path, error.message) : error;
    }
  }

  function fillAccount(accountId: string, contents: Members, path: Path): MadeInAccount {
    const made: Record<string, Record<string, string>> = {};
    /** Names are whatever somebody likes: also those that objects have by themselves. */
    const keep = (member: string, name: string, id: string) => {
      made[member] ??= Object.create(null) as Record<string, string>;
      made[member][name] = id;
    };
    const { connectivity_settings, zones = [] } = contents;
    if (connectivity_settings)
      changeSingle(draft.connectivitySettings, connectivity, accountId, connectivity_settings);
    const filled = (zones as Members[]).map((zone, index) =>
      putZone(accountId, zone, [...path, 'zones', index], allAccounts(draft).length === 1 && index === 0),
    );
    const names = createNames(draft, file, accountId);
    const fill = (owner: string, noun: AnySeedNoun, list: unknown, within: Path) => {
      for (const [index, entry] of ((list ?? []) as unknown[]).entries())
        keep(noun.member, ...putEntry(owner, noun, entry, [...within, noun.member, index], names));
    };
    for (const noun of NOUNS_OF_ACCOUNTS) fill(accountId, noun, contents[noun.member], path);
    for (const noun of NOUNS_OF_ZONES)
      for (const { id, lists, path } of filled) fill(id, noun, lists[noun.member], path);
    for (const { id, name } of filled) keep('zones', name, id);
    return { id: accountId, ...made };
  }

  function putZone(accountId: string, entry: unknown, path: Path, isFirst: boolean) {
    const { id, name, paused, type, vanity_name_servers, ...lists } = checked(zoneEntry, entry, path);
    const known = draft.zones.of(accountId).find((zone) => zone.name === inAscii(name));
    const zoneId = atPath(path, () => {
      const given = id ?? (isFirst ? first.zoneId : null) ?? undefined;
      const zone = known ?? addZone(draftOf(given), given ?? draft.ids.hex(), accountId, { name, type });
      changeZone(draft, zone.id, { paused, type, vanity_name_servers });
      return zone.id;
    });
    requireId(id, zoneId, path);
    return { id: zoneId, name, lists: lists as Members, path };
  }

  /** Answers by what it is known, and its id. */
  function putEntry(
    owner: string,
    noun: AnySeedNoun,
    entry: unknown,
    path: Path,
    names: Names,
  ): readonly [name: string, id: string] {
    const found = withReferences(entry, noun.references, (to, name, at) =>
      names.idOf(to, name, [...path, ...at]),
    );
    const { id, key, ...body } = checked(entryOf(noun), found, path);
    if (id !== undefined && draft[noun.table].get(id as string))
      throw new SeedRefused(file, [...path, 'id'], `"${id}" is that of another object`);
    const row = atPath(path, () =>
      noun.create(draftOf(id as string | undefined), owner, body as never, settings),
    );
    requireId(id as string | undefined, row.id, path);
    if (key !== undefined) names.keep(noun.member, key as string, row.id, path);
    const name = (key as string | undefined) ?? noun.nameOf(row);
    return [name ?? `${noun.one} ${(path.at(-1) as number) + 1}`, row.id];
  }

  function requireId(wanted: string | undefined, found: string, path: Path): void {
    if (wanted !== undefined && wanted !== found)
      throw new SeedRefused(file, [...path, 'id'], `the object is there already, with the id "${found}"`);
  }

  const contents = file.contents as Members;
  if (!('accounts' in contents)) {
    const account =
      firstAccount(draft) ??
      createAccount(draftOf(undefined), first.accountId ?? draft.ids.hex(), { name: FIRST_NAME });
    return [fillAccount(account.id, checked(belongings, contents, []), [])];
  }
  return checked(accountList, contents, []).accounts.map((entry, index) => {
    const path = ['accounts', index];
    const { id, name, type, settings: own, ...rest } = checked(accountEntry, entry, path);
    const known =
      id === undefined ? allAccounts(draft).find((one) => one.name === name) : draft.accounts.get(id);
    const given = id ?? (firstAccount(draft) ? null : first.accountId) ?? draft.ids.hex();
    const account = known ?? createAccount(draftOf(undefined), given, { name, type });
    if (known || own) replaceAccount(draft, account.id, { name, type, settings: own });
    return fillAccount(account.id, rest as Members, path);
  });
}

interface Names {
  /** Of an object of the account with this name, key or identifier. */
  idOf(members: readonly string[], name: string, path: Path): string;
  keep(member: string, key: string, id: string, path: Path): void;
}

interface Named {
  readonly id: string;
  readonly name: string | null;
}

/** By what the objects of an account name each other. */
function createNames(draft: WorkingDraft, file: SeedFile, accountId: string): Names {
  const keys = new Map<string, Map<string, string>>();
  /** What others name has been made before them, so that one look is enough. */
  const found = new Map<AnySeedNoun, readonly Named[]>();
  function rowsOf(noun: AnySeedNoun): readonly Named[] {
    const known = found.get(noun);
    if (known) return known;
    const rows = noun.rows(draft, accountId).map((row) => ({ id: row.id as string, name: noun.nameOf(row) }));
    found.set(noun, rows);
    return rows;
  }
  return {
    idOf(members, name, path) {
      const nouns = NOUNS_OF_ACCOUNTS.filter(({ member }) => members.includes(member));
      for (const { member } of nouns) {
        const id = keys.get(member)?.get(name);
        if (id !== undefined) return id;
      }
      const all = nouns.flatMap(rowsOf);
      const fitting = all.filter((one) => one.name === name);
      if (fitting.length === 1) return fitting[0]!.id;
      const { one } = nouns[0]!;
      if (fitting.length > 1)
        throw new SeedRefused(
          file,
          path,
          `"${name}" is the name of ${fitting.length}: give the ${one} a "key"`,
        );
      // What is none of this account is for the rules to say.
      if (all.some(({ id }) => id === name) || isUuid(name)) return name;
      const known = [
        ...nouns.flatMap(({ member }) => [...(keys.get(member)?.keys() ?? [])]),
        ...all.flatMap((one) => one.name ?? []),
      ].map((text) => `"${text}"`);
      const those = known.length === 0 ? 'has none with a name' : `has ${firstFew(known)}`;
      throw new SeedRefused(file, path, `"${name}" is no ${one} of the account, which ${those}`);
    },
    keep(member, key, id, path) {
      const known = keys.get(member) ?? new Map<string, string>();
      if (known.has(key))
        throw new SeedRefused(file, [...path, 'key'], `"${key}" is the key of another entry`);
      keys.set(member, known.set(key, id));
    },
  };
}

/** Moments, one millisecond after the other: of `count` the last is now, unless there is something younger than the first. */
function timesBefore(draft: WorkingDraft, count: number): () => Date {
  let last = draft.now.getTime() - count;
  for (const [name, { createdAt }] of Object.entries<AnyDefinition>(DEFINITIONS)) {
    const table = draft[name as keyof typeof DEFINITIONS];
    for (const id of table.ids()) last = Math.max(last, createdAt(table.get(id)).getTime());
  }
  return () => {
    last += 1;
    return new Date(last);
  };
}

/** How many objects a seed has, the first account among them when it stands in no list; nothing has been checked yet. */
function entriesIn(contents: unknown): number {
  if (!isObject(contents)) return 0;
  const { accounts } = contents;
  if (!Array.isArray(accounts)) return belongingsIn(contents);
  return accounts.reduce<number>((sum, account) => sum + (isObject(account) ? belongingsIn(account) : 0), 0);
}

function belongingsIn(account: Members): number {
  const { zones } = account;
  const inZones = (Array.isArray(zones) ? zones : [])
    .filter(isObject)
    .map((zone) => lengthsOf(zone, membersOf(NOUNS_OF_ZONES)));
  const own = lengthsOf(account, ['zones', ...membersOf(NOUNS_OF_ACCOUNTS)]);
  return 1 + own + inZones.reduce((sum, count) => sum + count, 0);
}

const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const membersOf = (nouns: readonly AnySeedNoun[]) => nouns.map(({ member }) => member);

function lengthsOf(contents: Members, members: readonly string[]): number {
  const lists = members.map((member) => contents[member]).filter(Array.isArray);
  return lists.reduce((sum, list) => sum + list.length, 0);
}

function complaintOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') return `there is no member "${issue.keys[0]}"`;
  return issue.message;
}
