// The CPU time of a process with all its threads, and its memory: what work costs, whoever else is on the machine.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

/** User and system time in milliseconds. */
export function cpuMs(pid) {
  return milliseconds(pid, 11, 12);
}

/** Of the children that have ended. */
export function cpuMsOfEnded(pid) {
  return milliseconds(pid, 13, 14);
}

/** The sum of these fields of the process's `stat`, counted from its state. */
function milliseconds(pid, ...which) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (which.reduce((sum, field) => sum + Number(fields[field]), 0) * 1000) / TICKS_PER_SECOND;
}

/** With its children, and theirs: some servers work in one. */
export function cpuMsOfTree(pid) {
  return cpuMs(pid) + sumOfChildren(pid, cpuMsOfTree);
}

/** `{ user, kernel }` in milliseconds, of all threads and children. */
export function cpuOfTree(pid) {
  const own = { user: milliseconds(pid, 11), kernel: milliseconds(pid, 12) };
  return childrenOfAll(pid).reduce((sum, child) => unlessGone(sum, () => plus(sum, cpuOfTree(child))), own);
}

const plus = (a, b) => ({ user: a.user + b.user, kernel: a.kernel + b.kernel });

/** Memory in MiB that is resident, of the process and its children; pages that they share count for each. */
export function residentMiBOfTree(pid) {
  const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(kib) / 1024 + sumOfChildren(pid, residentMiBOfTree);
}

function sumOfChildren(pid, measure) {
  return childrenOfAll(pid).reduce((sum, child) => sum + unlessGone(0, () => measure(child)), 0);
}

function childrenOfAll(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.flatMap((thread) => unlessGone([], () => childrenOf(pid, thread)));
}

function childrenOf(pid, thread) {
  const text = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim();
  return text === '' ? [] : text.split(' ').map(Number);
}

/** Threads and children may end while they are looked at. */
function unlessGone(otherwise, read) {
  try {
    return read();
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH') return otherwise;
    throw error;
  }
}
