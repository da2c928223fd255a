import { existsSync, readFileSync, statfsSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { StartFailure } from '../config/start-failure.js';
import { databaseProblem } from './database-problem.js';
import { quoted } from './private-files.js';

// Why a database could not be opened at the start, for a person, with what to do. Never the URL itself: it may have a password.

/** Bytes that a start may take: its log grows by files of 16 MiB. */
const ROOM = 32 * 1024 * 1024;

/** `directory` is that of the embedded database. Answers what is no fault of its files as it is. */
export function embeddedFailure(error: Error, directory: string): Error {
  const complete = `${directory}.complete`;
  const isGone = existsSync(complete) && !existsSync(directory);
  const away = isGone ? '' : `mv ${quoted(directory)} ${quoted(`${directory}.damaged`)} && `;
  const restore = `Put ${directory} and ${complete} back from a backup; or begin anew, without what was in it: ${away}rm ${quoted(complete)}`;
  const failure = (text: string) => new StartFailure(text, { cause: error });
  if (isGone) return failure(`the embedded database is gone: ${directory} is not there. ${restore}`);
  const free = freeBytes(path.dirname(directory));
  if (free < ROOM) {
    return failure(
      `there is no space for the embedded database in ${directory}: ${free} bytes are free, and a start may take ${ROOM}`,
    );
  }
  const { code = '', message, path: file = directory } = error as NodeJS.ErrnoException;
  if (/^E[A-Z]+$/.test(code)) return failure(`the embedded database cannot use ${file}: ${message}`);
  const reason = message?.replace(/[.\s]*(Build with .*)?$/s, '') || 'it is no directory of a database';
  if (!existsSync(complete) && existsSync(directory)) {
    return failure(
      `${directory} is no database that this Offramp can open (${reason}), and is left as it is. Name another --data-dir; or, when it is what an earlier version has left that was stopped in its first start, move it away: mv ${quoted(directory)} ${quoted(`${directory}.old`)}`,
    );
  }
  // One that is made at this start is not damaged.
  if (!existsSync(complete)) {
    return error instanceof Error
      ? error
      : failure(`the embedded database cannot be made in ${directory}: its file system refuses it`);
  }
  return failure(
    `the embedded database in ${directory} cannot be opened (${reason}; ${version(directory)}): it is damaged, or of another version. ${restore}`,
  );
}

function freeBytes(directory: string): number {
  try {
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function version(directory: string): string {
  try {
    const text = readFileSync(path.join(directory, 'PG_VERSION'), 'latin1').trim();
    return `its PG_VERSION is "${text.slice(0, 10)}"`;
  } catch {
    return 'it has no PG_VERSION';
  }
}

/** Null for an error that is no fault of the database. */
export function serverFailure(error: unknown, url: string): StartFailure | null {
  if (error instanceof StartFailure) return error;
  const root = rootOf(error);
  const server = serverOf(url);
  if (server === null) {
    return new StartFailure(
      '--database-url (DATABASE_URL) cannot be read: it takes postgres://user:password@host:port/database, where characters such as # / ? and @ in the password are percent-encoded',
    );
  }
  const why = ADVICE.find(({ when }) => when.test(`${root.code ?? ''} ${root.message}`));
  if (!why && databaseProblem(root) === null) return null;
  const advice = why ? `; ${why.advice(server)}` : '';
  return new StartFailure(
    `the database "${server.database}" at ${server.host}:${server.port} cannot be used as "${server.user}": ${root.message || root.code}${advice}`,
    { cause: error },
  );
}

interface Server {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
}

interface Reason extends Error {
  readonly code?: string;
}

/** What is behind the errors that others were made of; of several attempts to connect, the first. */
function rootOf(error: unknown): Reason {
  if (error instanceof AggregateError && error.errors.length > 0) return rootOf(error.errors[0]);
  const { cause } = error as Error;
  return cause instanceof Error ? rootOf(cause) : (error as Reason);
}

/** As `pg` reads it, with its defaults; null for what it cannot read. */
function serverOf(url: string): Server | null {
  try {
    const { host, port, user = '', database = '' } = new pg.Client({ connectionString: url });
    return { host, port, user, database };
  } catch {
    return null;
  }
}

/** By SQLSTATE, the system's code, or words of `pg`. Source of the SQLSTATEs: PostgreSQL's manual, appendix A. */
const ADVICE: readonly { readonly when: RegExp; readonly advice: (server: Server) => string }[] = [
  {
    when: /ECONNREFUSED|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|timeout expired|connection timeout|ENOENT/,
    advice: () => 'is it running, and are host and port in --database-url right?',
  },
  {
    when: /ENOTFOUND|EAI_AGAIN/,
    advice: ({ host }) => `there is no host "${host}": is it spelled right in --database-url?`,
  },
  {
    when: /^28P01|client password must be a string/,
    advice: () => 'check user and password in --database-url (DATABASE_URL)',
  },
  {
    when: /no encryption|does not support SSL|self-signed|UNABLE_TO_VERIFY|CERT_/,
    advice: () =>
      'sslmode in --database-url says whether TLS is used and what is verified: disable, no-verify or verify-full',
  },
  { when: /^28/, advice: ({ user }) => `does "${user}" exist, and does pg_hba.conf let it in from here?` },
  { when: /^3D000/, advice: ({ database }) => `create it: CREATE DATABASE ${identifier(database)}` },
  {
    when: /^42501.*for database/,
    advice: ({ database, user }) =>
      `run GRANT CONNECT ON DATABASE ${identifier(database)} TO ${identifier(user)}`,
  },
  {
    when: /^42501.*for schema/,
    advice: ({ user }) =>
      `since PostgreSQL 15 a role has to be allowed to make tables: run GRANT USAGE, CREATE ON SCHEMA public TO ${identifier(user)} in that database, or let the role own the database`,
  },
  {
    when: /^42501/,
    advice: ({ user }) =>
      `the tables have to belong to the role: run ALTER TABLE … OWNER TO ${identifier(user)}, or use the role that made them`,
  },
  { when: /^3F000/, advice: () => 'the search_path of the role names no schema that is there' },
  { when: /^53300/, advice: () => 'raise max_connections, or end what else is connected' },
  { when: /^57P03/, advice: () => 'it is starting or stopping; try again in a moment' },
];

const identifier = (name: string) =>
  /^[a-z_][a-z0-9_]*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
