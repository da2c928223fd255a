import { CapnpError } from '../capnp/capnp-error.js';
import { createFramer } from '../capnp/framing.js';
import type { StructReader } from '../capnp/reader.js';
import { decodeMessage } from './decode.js';
import {
  encodeAbort,
  encodeBootstrap,
  encodeCall,
  encodeFinish,
  encodeRelease,
  type StructContent,
} from './encode.js';
import type { CallTarget, ReturnOutcome } from './message.js';

export interface RpcClientOptions {
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
