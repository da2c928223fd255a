import { z } from 'zod';
import { hexId, uuid } from '../api/identifiers.js';
import { text } from '../api/text.js';
import { patchBody } from '../resources/_kit/fields.js';
import * as account from '../resources/accounts/accounts/fields.js';
import * as zone from '../resources/accounts/zones/fields.js';
import { fields as connectivity } from '../resources/networks/connectivity-settings/definition.js';
import type { AnySeedNoun } from './noun.js';
import { NOUNS_OF_ACCOUNTS, NOUNS_OF_ZONES } from './nouns/all.js';

/** What every entry may have besides what the API takes: `key` is by what others name it, where that is not its own name. */
const given = {
  id: z.union([hexId, uuid]).optional(),
  key: text(255).min(1, 'must not be empty').optional(),
};

/** An entry with what the API takes to create the object. A member that nobody knows is a mistake. */
export const entryOf = ({ body }: AnySeedNoun) => z.strictObject({ ...given, ...body.shape });

const listsOf = (nouns: readonly AnySeedNoun[]) =>
  Object.fromEntries(nouns.map((noun) => [noun.member, z.array(z.looseObject({})).optional()]));

const { paused, type, vanity_name_servers } = zone.changeBody.shape;
export const zoneEntry = z.strictObject({
  id: hexId.optional(),
  name: zone.createBody.shape.name,
  ...{ paused, type, vanity_name_servers },
  ...listsOf(NOUNS_OF_ZONES),
});

/** What belongs to an account. The lists are looked into one entry after the other, when what they name has been made. */
const lists = {
  zones: z.array(z.looseObject({})).optional(),
  connectivity_settings: patchBody(connectivity).strict().optional(),
  ...listsOf(NOUNS_OF_ACCOUNTS),
};

const { name, ...rest } = account.putBody.shape;
export const accountEntry = z.strictObject({ id: hexId.optional(), name, ...rest, ...lists });

/** The two forms of a whole seed: accounts; or what belongs to the first one. */
export const accountList = z.strictObject({
  accounts: z.array(z.looseObject({})).min(1, 'must have at least one account'),
});
export const belongings = z.strictObject(lists);
