import type { z } from 'zod';
import type { Settings } from '../resources/context.js';
import type { WorkingDraft, WorkingWorld } from '../resources/definitions.js';
import type { Mention } from './references.js';

/** How a seed has the objects of one kind. */
export interface SeedNoun<Row extends { readonly id: string }> {
  /** Of the draft. */
  readonly table: keyof WorkingWorld;
  /** The member that has the list of them: of an account, or of a zone. */
  readonly member: string;
  /** As messages call one and several. */
  readonly one: string;
  /** What an entry has besides `id` and `key`: what the API takes to create one. */
  readonly body: z.ZodObject;
  readonly references: readonly Mention[];
  /** Those of an account or a zone, oldest first. */
  readonly rows: (world: WorkingWorld, owner: string) => readonly Row[];
  /** By what other objects name it, unless its entry has a `key`; null when nothing of it is a name. */
  readonly nameOf: (row: Row) => string | null;
  /** Throws what the first broken rule says. The draft gives the id and the time. */
  readonly create: (draft: WorkingDraft, owner: string, body: never, settings: Settings) => Row;
  /** What the API would have to be told to create it; identifiers in the place of names. */
  readonly sent: (row: Row) => object;
}

// biome-ignore lint/suspicious/noExplicitAny: stands for the noun of any row.
export type AnySeedNoun = SeedNoun<any>;

/** Gives the row its type, and checks it. */
export const seedNoun = <Row extends { readonly id: string }>(noun: SeedNoun<Row>): AnySeedNoun => noun;
