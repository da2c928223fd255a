import type { FastifyError, FastifyRequest } from 'fastify';
import { databaseProblem } from '../storage/database-problem.js';
import { ApiError, type ErrorName } from './errors.js';
import { describeIssue, invalidInput } from './families.js';
import { bodyTooLarge } from './json-body.js';
import { pathOf } from './paths.js';

/** A foreign key: Prisma's code, and SQLSTATE. */
const isMissingReference = ({ code }: FastifyError) => code === 'P2003' || code === '23503';

/** The error that a client sees of whatever a handler, or Fastify itself, has thrown. */
export function toApiError(error: FastifyError, request: FastifyRequest): ApiError {
  if (error instanceof ApiError) return error;
  const family = request.routeOptions.config.family;
  if (error.validation) {
    const issues = error.validation.map((entry) => describeIssue(issueOf(entry)));
    return invalidInput(family, issues[0] ?? error.message);
  }
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE') return bodyTooLarge(request.routeOptions.bodyLimit);
  // One that cannot be read at all.
  if (error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new ApiError('invalid_content_type');
  const gone = error.code === 'ECONNRESET' && error.statusCode === 400;
  if (gone || error.code === 'FST_ERR_CTP_INVALID_CONTENT_LENGTH')
    return invalidInput(family, 'the body does not have the announced length');
  // The account has gone between the look at it and the write: nothing else can be missing behind a rule's back.
  if (isMissingReference(error)) return new ApiError('no_such_route', pathOf(request.originalUrl));
  if (error.name === 'QueueFull') return new ApiError('overloaded', error.message);
  const named = BY_NAME[error.name];
  if (named) return new ApiError(named, error.message);
  return new ApiError(databaseProblem(error) ?? 'internal');
}

/** What becomes of a write beside what the database itself says, by the names of errors: of `storage/commit-errors.ts`, `storage/contents.ts` and `seed/file.ts`. */
const BY_NAME: Readonly<Record<string, ErrorName>> = {
  ContentsRefused: 'snapshot_refused',
  SeedRefused: 'seed_refused',
  CommitFailed: 'change_not_made',
  CommitUncertain: 'change_uncertain',
  LockLost: 'database_lock_lost',
  DatabaseAway: 'database_timeout',
};

interface ValidationEntry {
  readonly instancePath?: string;
  readonly message?: string;
}

function issueOf({ instancePath = '', message = 'is invalid' }: ValidationEntry) {
  const parts = instancePath.split('/').filter(Boolean);
  return { path: parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part)), message };
}
