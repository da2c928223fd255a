import type { StructReader } from './capnp-reader.js';
import { CapnpError, createFramer } from './capnp-wire.js';
import {
  type CallTarget,
  decodeMessage,
  EXCEPTION_TYPE,
  encodeAbort,
  encodeBootstrap,
  encodeCall,
  encodeCapabilityReturn,
  encodeExceptionReturn,
  encodeFinish,
  encodeRelease,
  encodeResultsReturn,
  type ReturnOutcome,
  type RpcMessage,
  type StructContent,
} from './messages.js';

interface RpcClientOptions {
  readonly interfaceId: bigint;
  readonly send: (frame: Buffer) => void;
  readonly maxMessageBytes: number;
}

export interface RpcClient {
  /** Takes bytes from the server. Throws CapnpError when they break the protocol: the connection must end then. */
  push(chunk: Buffer): void;
  /** The results struct. Rejects when the server answers with an exception or `fail` comes first. */
  call(methodId: number, params: StructContent): Promise<StructReader>;
  /** Gives the capability back and says goodbye; no call may follow. */
  shutdown(): void;
  /** Rejects every open call, and every one that is still to come. */
  fail(error: Error): void;
}

interface Question {
  readonly resolve: (results: StructReader) => void;
  readonly reject: (error: Error) => void;
}

const BOOTSTRAP_QUESTION = 0;

/** Calls the bootstrap capability of a server over one byte stream. */
export function createRpcClient(options: RpcClientOptions): RpcClient {
  const questions = new Map<number, Question>();
  let capability: number | null = null;
  let failure: Error | undefined;
  let nextQuestion = BOOTSTRAP_QUESTION + 1;

  function settle(answerId: number, outcome: ReturnOutcome): void {
    const question = questions.get(answerId);
    if (answerId !== BOOTSTRAP_QUESTION && !question)
      throw new CapnpError(`answer to unknown question ${answerId}`);
    options.send(encodeFinish(answerId));
    questions.delete(answerId);
    if (!question) bootstrapped(outcome);
    else if (outcome.kind === 'results') question.resolve(outcome.results);
    else question.reject(new Error(`the edge could not answer the call: ${describe(outcome)}`));
  }

  function bootstrapped(outcome: ReturnOutcome): void {
    if (outcome.kind !== 'capability') throw new CapnpError(`no bootstrap capability: ${describe(outcome)}`);
    capability = outcome.exportId;
  }

  function failAll(error: Error): void {
    failure = error;
    for (const question of questions.values()) question.reject(error);
    questions.clear();
  }

  const framer = createFramer({
    maxMessageBytes: () => options.maxMessageBytes,
    onMessage(segments) {
      const message = decodeMessage(segments);
      if (message.type === 'return') settle(message.answerId, message.outcome);
      else if (message.type === 'abort')
        failAll(new Error(`the edge ended the conversation: ${message.reason}`));
    },
  });

  options.send(encodeBootstrap(BOOTSTRAP_QUESTION));
  return {
    push: (chunk) => framer.push(chunk),
    call(methodId, params) {
      if (failure) return Promise.reject(failure);
      const questionId = nextQuestion++;
      // Before the bootstrap answer has come, the call goes to the answer that it will be.
      const target: CallTarget =
        capability === null
          ? { kind: 'promisedAnswer', questionId: BOOTSTRAP_QUESTION }
          : { kind: 'importedCapability', id: capability };
      const answer = new Promise<StructReader>((resolve, reject) => {
        questions.set(questionId, { resolve, reject });
      });
      options.send(encodeCall({ questionId, target, interfaceId: options.interfaceId, methodId, params }));
      return answer;
    },
    shutdown() {
      if (capability !== null) options.send(encodeRelease(capability, 1));
      options.send(encodeAbort('shutdown'));
    },
    fail: failAll,
  };
}

function describe(outcome: ReturnOutcome): string {
  return outcome.kind === 'exception' ? outcome.reason : `answered with ${outcome.kind}`;
}

/** Thrown by a method: the caller hears why, and the conversation goes on. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
}

/** Answers at once, so that no question is ever left open. */
export type RpcMethod = (params: StructReader) => StructContent;

interface RpcServerOptions {
  readonly interfaceId: bigint;
  /** By method number. */
  readonly methods: ReadonlyMap<number, RpcMethod>;
  readonly send: (frame: Buffer) => void;
  readonly maxMessageBytes: () => number;
}

interface RpcServer {
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
