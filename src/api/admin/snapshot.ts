import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Contents } from '../../storage/contents.js';
import { ok } from '../envelope.js';
import { ApiError } from '../errors.js';
import type { Http } from '../http.js';
import { forTests, type TestControl } from './test-control.js';

const PATH = '/_offramp/snapshot';
/** Bytes of a file that can be restored. */
const MAX_FILE = 128 * 1024 * 1024;

export const snapshotFile = z.strictObject({
  offramp_snapshot: z.literal(1, {
    error: ({ input }) =>
      input === undefined
        ? 'is not there, so this is no snapshot'
        : 'must be 1: another form of a snapshot was saved by another version',
  }),
  version: z.string(),
  schema: z.string(),
  sha256: z.string(),
  tables: z.record(z.string(), z.array(z.record(z.string(), z.unknown()))),
});

/** `/_offramp/snapshot`: everything that is stored, as one file, and back. See docs/snapshots.md. */
export function snapshotRoutes(app: Http, version: string, control: TestControl): void {
  app.get(PATH, { schema: { hide: true } }, async (_request, reply) => {
    const saved = snapshotOf(version, await control.contents());
    reply.header('content-disposition', 'attachment; filename="offramp-snapshot.json"');
    return saved;
  });

  const refuseOutsideOfTests = async (request: FastifyRequest) => forTests(control, request);
  app.put(
    PATH,
    { schema: { hide: true, body: snapshotFile }, bodyLimit: MAX_FILE, preParsing: refuseOutsideOfTests },
    async ({ body }) => {
      const { accountId, zoneId, domain } = await control.restore(contentsOf(body));
      return ok({ account_id: accountId, zone_id: zoneId, domain });
    },
  );
}

/** What was read, as the file. */
export const snapshotOf = (version: string, { schema, tables }: Contents): z.input<typeof snapshotFile> => ({
  offramp_snapshot: 1,
  version,
  schema,
  sha256: digestOf(tables),
  tables: tables as z.input<typeof snapshotFile>['tables'],
});

/** What a file holds; throws ApiError when it is not as it was saved. */
export function contentsOf({ schema, sha256, tables }: z.output<typeof snapshotFile>): Contents {
  if (sha256 === digestOf(tables)) return { schema, tables };
  throw new ApiError(
    'snapshot_refused',
    'its sha256 is not that of its tables: it was changed after it was saved. What a person writes is a seed',
  );
}

/** Of the rows as JSON without white space, in the order of the file. */
const digestOf = (tables: Contents['tables']) =>
  createHash('sha256').update(JSON.stringify(tables)).digest('hex');
