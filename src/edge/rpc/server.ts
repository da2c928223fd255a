import { CapnpError } from '../capnp/capnp-error.js';
import { createFramer } from '../capnp/framing.js';
import type { StructReader } from '../capnp/reader.js';
import { decodeMessage } from './decode.js';
import {
  encodeCapabilityReturn,
  encodeExceptionReturn,
  encodeResultsReturn,
  type StructContent,
} from './encode.js';
import { type CallTarget, EXCEPTION_TYPE, type RpcMessage } from './message.js';

/** Thrown by a method: the caller hears why, and the conversation goes on. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
}

/** Answers at once, so that no question is ever left open. */
export type RpcMethod = (params: StructReader) => StructContent;

export interface RpcServerOptions {
  readonly interfaceId: bigint;
  /** By method number. */
  readonly methods: ReadonlyMap<number, RpcMethod>;
  readonly send: (frame: Buffer) => void;
  readonly maxMessageBytes: () => number;
}

export interface RpcServer {
  /** Takes bytes from the caller. Throws CapnpError when they break the protocol: the connection must end then. */
  push(chunk: Buffer): void;
}

/** The one capability that we serve. */
const EXPORT_ID = 0;

/** How many bootstrap questions a caller may leave without `finish`; cloudflared asks one. */
const MAX_BOOTSTRAP_QUESTIONS = 16;

/** Serves one capability to one caller over one byte stream. */
export function createRpcServer(options: RpcServerOptions): RpcServer {
  const bootstrapQuestions = new Set<number>();

  function bootstrap(questionId: number): void {
    bootstrapQuestions.add(questionId);
    if (bootstrapQuestions.size > MAX_BOOTSTRAP_QUESTIONS) {
      throw new CapnpError(`more than ${MAX_BOOTSTRAP_QUESTIONS} unfinished bootstrap questions`);
    }
    options.send(encodeCapabilityReturn(questionId, EXPORT_ID));
  }

  function isOurs(target: CallTarget): boolean {
    if (target.kind === 'importedCapability') return target.id === EXPORT_ID;
    return bootstrapQuestions.has(target.questionId);
  }

  function call({ questionId, target, interfaceId, methodId, params }: RpcMessage & { type: 'call' }): void {
    if (!isOurs(target)) throw new CapnpError('call to a capability that was never given out');
    const method = interfaceId === options.interfaceId ? options.methods.get(methodId) : undefined;
    options.send(method ? answer(questionId, method, params) : unimplemented(questionId));
  }

  /** After its abort the caller has nothing more to say, and hears nothing more. */
  let aborted = false;
  const framer = createFramer({
    maxMessageBytes: options.maxMessageBytes,
    onMessage(segments) {
      if (aborted) return;
      const message = decodeMessage(segments);
      if (message.type === 'abort') aborted = true;
      else if (message.type === 'bootstrap') bootstrap(message.questionId);
      else if (message.type === 'call') call(message);
      else if (message.type === 'finish') bootstrapQuestions.delete(message.questionId);
    },
  });
  return { push: (chunk) => framer.push(chunk) };
}

function answer(questionId: number, method: RpcMethod, params: StructReader): Buffer {
  try {
    return encodeResultsReturn(questionId, method(params));
  } catch (error) {
    if (!(error instanceof CallFailed)) throw error;
    return encodeExceptionReturn(questionId, EXCEPTION_TYPE.failed, error.message);
  }
}

function unimplemented(questionId: number): Buffer {
  return encodeExceptionReturn(questionId, EXCEPTION_TYPE.unimplemented, 'the edge has no such method');
}
