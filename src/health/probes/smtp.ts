import type { Duplex } from 'node:stream';
import { dialOrigin } from './dial.js';
import { failed, type Probe, ProbeFailure, passed } from './probe.js';

/** A reply may have several lines; no sensible one is longer. */
const MAX_REPLY = 8 * 1024;
/** The last line of a reply: the code, and no hyphen after it. */
const LAST_LINE = /^(\d{3})(?: [^\n]*)?\r?\n$/;
/** An address literal: servers that insist on a resolvable name do not look it up. */
const HELLO = 'HELO [127.0.0.1]\r\n';

/** Up when the origin greets with 220, answers HELO with 250 and QUIT with 221. Public origins only. */
export const probeSmtp: Probe = async (target, dependencies, signal) => {
  const { origin, monitor } = target;
  if (origin.virtualNetworkId !== null) return failed('Monitor Config Error');
  const startedAt = dependencies.real.monotonic();
  const socket = await dialOrigin(target, monitor.port, monitor.timeout * 1_000, dependencies, signal);
  const replies = readReplies(socket, signal);
  const greeting = await nextCode(replies);
  const rttMs = dependencies.real.monotonic() - startedAt;
  if (greeting !== 220) return failed('Response code mismatch error', 0, rttMs);
  for (const [command, expected] of [
    [HELLO, 250],
    ['QUIT\r\n', 221],
  ] as const) {
    socket.write(command);
    if ((await nextCode(replies)) !== expected) return failed('Response code mismatch error', 0, rttMs);
  }
  return passed(0, rttMs);
};

async function nextCode(replies: AsyncGenerator<number>): Promise<number> {
  const { done, value } = await replies.next();
  if (done) throw new ProbeFailure('Connection Reset by Peer');
  return value;
}

/** The code of each reply; rejects with a ProbeFailure when the stream breaks or talks of something else. */
async function* readReplies(stream: Duplex, signal: AbortSignal): AsyncGenerator<number> {
  let line = '';
  let size = 0;
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      for (const piece of chunk.toString('latin1').split(/(?<=\n)/)) {
        line += piece;
        size += piece.length;
        if (size > MAX_REPLY) throw new ProbeFailure('Other Failure');
        if (!line.endsWith('\n')) continue;
        const code = LAST_LINE.exec(line)?.[1];
        if (code === undefined && !/^\d{3}-/.test(line))
          throw new ProbeFailure('Response code mismatch error');
        line = '';
        if (code === undefined) continue;
        size = 0;
        yield Number(code);
      }
    }
  } catch (error) {
    if (error instanceof ProbeFailure) throw error;
    throw new ProbeFailure(signal.aborted ? 'TCP Timeout' : 'Connection Reset by Peer', { cause: error });
  }
}
