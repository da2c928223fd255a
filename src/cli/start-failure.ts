import { StartFailure } from '../config/start-failure.js';
import { databaseProblem } from '../storage/database-problem.js';

/** What a person can do about the failures that a start really meets; anything else keeps its stack. */
export function explainStartFailure(error: Error): string {
  if (error instanceof StartFailure) return error.message;
  const inUse = /EADDRINUSE.*?([\d.]+|[\da-f:]+):(\d+)/.exec(error.message);
  if (inUse) {
    return `${inUse[1]}:${inUse[2]} is in use by another program; choose other ports with --port, --edge-port, --http-port, --https-port, --dns-port, --tcp, --metrics-port (0 takes a free one)`;
  }
  if (/EACCES.*:\d+/.test(error.message)) return `${error.message}; ports below 1024 need privileges`;
  if (/EADDRNOTAVAIL/.test(error.message))
    return `${error.message}; this machine has no such address: see --host, --edge-host, --http-host, --https-host, --dns-host, --tcp-host, --metrics-host`;
  if (/was passed as descriptor|migration|newer Offramp/.test(error.message)) return error.message;
  return fileFailure(error) ?? databaseFailure(error) ?? error.stack ?? String(error);
}

const FILE_PROBLEMS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not read and write it',
  EPERM: 'this user may not change it',
  EROFS: 'its file system is read-only',
  ENOSPC: 'there is no space left',
  EDQUOT: 'the quota of disk space is used up',
  ENOTDIR: 'a part of the path is a file',
  ENOENT: 'it is not there',
  EISDIR: 'it is a directory',
  ELOOP: 'its symbolic links lead nowhere',
  ENAMETOOLONG: 'the name is too long',
  EMFILE: 'too many files are open; raise the limit (ulimit -n)',
  ENFILE: 'too many files are open on this machine',
  EIO: 'the disk failed',
  ENOTSUP: 'its file system has no sockets, with which the directory is locked',
};

/** Of the data directory, or another file of ours; null for what is no failure of a file. */
function fileFailure(error: NodeJS.ErrnoException & { readonly address?: string }): string | null {
  // The lock of the data directory is a socket, which has its path as an address.
  const file = error.path ?? error.address;
  const problem = FILE_PROBLEMS[error.code ?? ''];
  return file === undefined || problem === undefined
    ? null
    : `${file} cannot be used: ${problem} (${error.message}); --data-dir names another place for data`;
}

const databaseFailure = (error: Error) =>
  databaseProblem(error) === null ? null : `the database cannot be used: ${error.message.trim()}`;
