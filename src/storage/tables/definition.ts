import type { Prisma } from '../generated/client.js';

export interface Identified {
  /** Hexadecimal, or a UUID. */
  readonly id: string;
}

/** How the rows of one noun are kept: in memory, where rules and GET read them, and in the database. */
export interface Definition<Row extends Identified, Index extends string> {
  /** By which changes name it. */
  readonly noun: string;
  /** Whose a row is: the account, or the zone. */
  readonly ownerOf: (row: Row) => string;
  readonly createdAt: (row: Row) => Date;
  /** Whether memory keeps the row; absent: always. What was deleted and is still stored is not kept. */
  readonly isKept?: (row: Row) => boolean;
  /** Under which keys a row is found; null under none. */
  readonly indexes: Readonly<Record<Index, (row: Row) => string | readonly string[] | null>>;
  /** Where a row stands in the database: its own table first, then those of its parts, which go with it. None for what is written otherwise. */
  readonly relations: readonly Relation<Row>[];
  /** Reads those with these ids, or all. */
  readonly load: (db: Prisma.TransactionClient, ids: readonly string[] | null) => Promise<readonly Row[]>;
}

/** One table of the database. Names are those of the database. */
export interface Relation<Row> {
  readonly table: string;
  readonly columns: readonly string[];
  readonly key: readonly string[];
  /** Columns that others write, outside of revisions: a write leaves them as they are. */
  readonly untouched?: readonly string[];
  /** One object for each row of the table, by column; dates as dates, JSON as values. */
  readonly rowsOf: (row: Row) => readonly Readonly<Record<string, unknown>>[];
}

/** What rules and answers read. */
export interface Reader<Row extends Identified, Index extends string> {
  get(id: string): Row | undefined;
  /** Of all rows, in no order. */
  ids(): Iterable<string>;
  /** All of an owner, oldest first. */
  of(owner: string): readonly Row[];
  /** Those under a key, oldest first. */
  by(index: Index, key: string): readonly Row[];
}

// biome-ignore lint/suspicious/noExplicitAny: stands for the definition of any noun.
export type AnyDefinition = Definition<any, string>;
export type Definitions = Readonly<Record<string, AnyDefinition>>;

export type RowOf<D> = D extends Definition<infer Row, string> ? Row : never;
type IndexOf<D> = D extends { readonly indexes: infer Indexes } ? keyof Indexes & string : never;

/** The committed state of all nouns. */
export type World<D extends Definitions> = { readonly [N in keyof D]: Reader<RowOf<D[N]>, IndexOf<D[N]>> };

/** A noun as one write sees it: with what the write, and those before it in its batch, have changed. */
export interface DraftTable<Row extends Identified, Index extends string> extends Reader<Row, Index> {
  put(row: Row): void;
  remove(id: string): void;
}

/** What a write gives to the rows that it makes. */
export interface Stamp {
  readonly now: Date;
  readonly ids: NewIds;
}

/** New ones: 32 hexadecimal digits, or a UUID. */
export interface NewIds {
  hex(): string;
  uuid(): string;
}

/** What one write sees and changes: every noun, and what new rows get. */
export type Draft<D extends Definitions> = {
  readonly [N in keyof D]: DraftTable<RowOf<D[N]>, IndexOf<D[N]>>;
} & Stamp;
