import { randomUUID } from 'node:crypto';
import type { LockSession, Position } from './revisions.js';
import type { Definitions, Draft, Stamp, World } from './tables/definition.js';
import { type Changed, createLayer } from './tables/draft.js';
import { batchStatement, type NumberedRevision, type Statement } from './tables/statement.js';
import type { Tables } from './tables/tables.js';

/** Looks at what a write has changed, and throws when that is too much. */
export type Verify<D extends Definitions> = (changed: Changed, draft: Draft<D>, before: World<D>) => void;

/** What came of the work of one writer. */
export interface Done<W> {
  readonly writer: W;
  /** What it has changed; null for a writer that has changed nothing. */
  readonly changed: Changed | null;
  /** Its value, or what it has thrown. */
  readonly outcome: { readonly value: unknown } | { readonly error: unknown };
}

/** The work of some writers, as one step of the database. */
export interface MadeBatch<W> {
  /** The first of the writers, as many as there was room for. */
  readonly done: readonly Done<W>[];
  /** Of those that have changed something, in order. */
  readonly revisions: readonly NumberedRevision[];
  /** What all of them have changed. */
  readonly changed: Changed;
  /** Null when nothing was changed. */
  readonly statement: Statement | null;
}

/** Objects after which a batch takes no other write. */
const MAX_OBJECTS = 5_000;

/**
 * Lets each writer work on the committed state with what those before it have changed. What one throws leaves no trace. `known` is the
 * revision that memory shows; `session` holds the lock of this process. New rows of all get `stamp`.
 */
export function makeBatch<D extends Definitions, W extends { readonly work: (draft: Draft<D>) => unknown }>(
  { definitions, world }: Pick<Tables<D>, 'definitions' | 'world'>,
  writers: readonly W[],
  known: Position,
  session: LockSession | null,
  verify: Verify<D> | undefined,
  stamp: Stamp,
): MadeBatch<W> {
  const whole = createLayer(definitions, world, stamp);
  const done: Done<W>[] = [];
  const revisions: NumberedRevision[] = [];
  const transaction = randomUUID();
  let objects = 0;
  for (const writer of writers) {
    if (objects > MAX_OBJECTS) break;
    const { draft, changed } = createLayer(definitions, whole.draft, stamp);
    try {
      const value = writer.work(draft);
      verify?.(changed, draft, whole.draft);
      const changes = nounsAndIds(definitions, changed);
      const isWrite = changes.length > 0;
      done.push({ writer, changed: isWrite ? changed : null, outcome: { value } });
      if (!isWrite) continue;
      whole.add(changed);
      objects += changes.length;
      revisions.push({ revision: known.revision + revisions.length + 1, transaction, changes });
    } catch (error) {
      done.push({ writer, changed: null, outcome: { error } });
    }
  }
  const statement =
    revisions.length === 0
      ? null
      : batchStatement(definitions, world, whole.changed, revisions, known, session);
  return { done, revisions, changed: whole.changed, statement };
}

const nounsAndIds = (definitions: Definitions, changed: Changed) =>
  [...changed].flatMap(([name, rows]) =>
    [...rows.keys()].map((id): [string, string] => [definitions[name]!.noun, id]),
  );
