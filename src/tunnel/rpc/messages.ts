import { readMessage, type StructReader } from './capnp-reader.js';
import { CapnpError, createMessageWriter, type StructWriter } from './capnp-wire.js';

/**
 * The messages of the Cap'n Proto RPC protocol (level 1) that cloudflared and an edge exchange.
 * https://github.com/capnproto/capnproto/blob/v2/c%2B%2B/src/capnp/rpc.capnp
 */
export type RpcMessage =
  | { readonly type: 'bootstrap'; readonly questionId: number }
  | {
      readonly type: 'call';
      readonly questionId: number;
      readonly target: CallTarget;
      readonly interfaceId: bigint;
      readonly methodId: number;
      readonly params: StructReader;
    }
  | { readonly type: 'return'; readonly answerId: number; readonly outcome: ReturnOutcome }
  | { readonly type: 'finish'; readonly questionId: number }
  | { readonly type: 'release'; readonly id: number; readonly referenceCount: number }
  | { readonly type: 'abort'; readonly reason: string }
  /** A message that we neither need nor answer. */
  | { readonly type: 'other'; readonly tag: number };

export type CallTarget =
  | { readonly kind: 'importedCapability'; readonly id: number }
  /** The answer to an earlier question, which need not have come yet. */
  | { readonly kind: 'promisedAnswer'; readonly questionId: number };

export type ReturnOutcome =
  | { readonly kind: 'results'; readonly results: StructReader }
  /** The answer to a bootstrap: a capability that the other side hosts. */
  | { readonly kind: 'capability'; readonly exportId: number }
  | { readonly kind: 'exception'; readonly exceptionType: number; readonly reason: string };

const MESSAGE_TAG = {
  abort: 1,
  call: 2,
  return: 3,
  finish: 4,
  release: 6,
  bootstrap: 8,
} as const;

const TARGET_TAG = { importedCapability: 0, promisedAnswer: 1 } as const;
const RETURN_TAG = { results: 0, exception: 1 } as const;
const CAPABILITY_TAG = { senderHosted: 1 } as const;
export const EXCEPTION_TYPE = { failed: 0, unimplemented: 3 } as const;

/** The RPC message in these segments; CapnpError when there is none. */
export function decodeMessage(segments: readonly Buffer[]): RpcMessage {
  const message = readMessage(segments);
  const tag = message.u16(0);
  const body = () => message.struct(0);
  switch (tag) {
    case MESSAGE_TAG.bootstrap:
      return { type: 'bootstrap', questionId: body().u32(0) };
    case MESSAGE_TAG.call:
      return decodeCall(body());
    case MESSAGE_TAG.return:
      return decodeReturn(body());
    case MESSAGE_TAG.finish:
      return { type: 'finish', questionId: body().u32(0) };
    case MESSAGE_TAG.release:
      return decodeRelease(body());
    case MESSAGE_TAG.abort:
      return { type: 'abort', reason: body().text(0) };
    default:
      return { type: 'other', tag };
  }
}

function decodeCall(call: StructReader): RpcMessage {
  if (call.u16(6) !== 0) throw new CapnpError('call whose results shall not go to its caller');
  return {
    type: 'call',
    questionId: call.u32(0),
    target: decodeTarget(call.struct(0)),
    interfaceId: call.u64(8),
    methodId: call.u16(4),
    params: call.struct(1).struct(0),
  };
}

function decodeTarget(target: StructReader): CallTarget {
  switch (target.u16(4)) {
    case TARGET_TAG.importedCapability:
      return { kind: 'importedCapability', id: target.u32(0) };
    case TARGET_TAG.promisedAnswer:
      return { kind: 'promisedAnswer', questionId: target.struct(0).u32(0) };
    default:
      throw new CapnpError(`call to a target of the unknown kind ${target.u16(4)}`);
  }
}

function decodeReturn(message: StructReader): RpcMessage {
  return { type: 'return', answerId: message.u32(0), outcome: decodeOutcome(message) };
}

function decodeOutcome(message: StructReader): ReturnOutcome {
  const body = message.struct(0);
  switch (message.u16(6)) {
    case RETURN_TAG.results: {
      const index = body.capability(0);
      if (index !== null) return { kind: 'capability', exportId: hostedCapability(body, index) };
      return { kind: 'results', results: body.struct(0) };
    }
    case RETURN_TAG.exception:
      return { kind: 'exception', exceptionType: body.u16(4), reason: body.text(0) };
    default:
      throw new CapnpError(`return of the unknown kind ${message.u16(6)}`);
  }
}

function hostedCapability(payload: StructReader, index: number): number {
  const descriptor = payload.structs(1)[index];
  if (descriptor?.u16(0) !== CAPABILITY_TAG.senderHosted) {
    throw new CapnpError(`capability ${index} is not hosted by the sender`);
  }
  return descriptor.u32(4);
}

function decodeRelease(release: StructReader): RpcMessage {
  return { type: 'release', id: release.u32(0), referenceCount: release.u32(4) };
}

/** A struct that is still to be written: its size, and what goes into it. */
export interface StructContent {
  readonly dataWords: number;
  readonly pointers: number;
  readonly fill: (struct: StructWriter) => void;
}

export const EMPTY_STRUCT: StructContent = { dataWords: 0, pointers: 0, fill: () => {} };

interface Call {
  readonly questionId: number;
  readonly target: CallTarget;
  readonly interfaceId: bigint;
  readonly methodId: number;
  readonly params: StructContent;
}

function encode(
  tag: number,
  dataWords: number,
  pointers: number,
  fill: (body: StructWriter) => void,
): Buffer {
  const message = createMessageWriter(1, 1);
  message.root.u16(0, tag);
  fill(message.root.struct(0, dataWords, pointers));
  return message.frame();
}

export function encodeBootstrap(questionId: number): Buffer {
  return encode(MESSAGE_TAG.bootstrap, 1, 1, (body) => body.u32(0, questionId));
}

export function encodeCall({ questionId, target, interfaceId, methodId, params }: Call): Buffer {
  return encode(MESSAGE_TAG.call, 3, 3, (call) => {
    call.u32(0, questionId);
    call.u16(4, methodId);
    call.u64(8, interfaceId);
    writeTarget(call.struct(0, 1, 1), target);
    writeContent(call.struct(1, 0, 2), params);
  });
}

function writeTarget(struct: StructWriter, target: CallTarget): void {
  if (target.kind === 'importedCapability') {
    struct.u32(0, target.id);
    struct.u16(4, TARGET_TAG.importedCapability);
    return;
  }
  struct.u16(4, TARGET_TAG.promisedAnswer);
  struct.struct(0, 1, 1).u32(0, target.questionId);
}

function writeContent(payload: StructWriter, content: StructContent): void {
  content.fill(payload.struct(0, content.dataWords, content.pointers));
}

/** The answer to a bootstrap: capability `exportId`, hosted by us. */
export function encodeCapabilityReturn(answerId: number, exportId: number): Buffer {
  return encodeReturn(answerId, RETURN_TAG.results, (body) => {
    const payload = body.struct(0, 0, 2);
    payload.capability(0, 0);
    const [descriptor] = payload.structs(1, 1, 1, 1);
    descriptor!.u16(0, CAPABILITY_TAG.senderHosted);
    descriptor!.u32(4, exportId);
  });
}

export function encodeResultsReturn(answerId: number, results: StructContent): Buffer {
  return encodeReturn(answerId, RETURN_TAG.results, (body) => writeContent(body.struct(0, 0, 2), results));
}

export function encodeExceptionReturn(answerId: number, exceptionType: number, reason: string): Buffer {
  return encodeReturn(answerId, RETURN_TAG.exception, (body) => {
    const exception = body.struct(0, 1, 1);
    exception.text(0, reason);
    exception.u16(4, exceptionType);
  });
}

function encodeReturn(answerId: number, tag: number, fill: (body: StructWriter) => void): Buffer {
  return encode(MESSAGE_TAG.return, 2, 1, (body) => {
    body.u32(0, answerId);
    body.u16(6, tag);
    fill(body);
  });
}

export function encodeFinish(questionId: number): Buffer {
  return encode(MESSAGE_TAG.finish, 1, 0, (body) => {
    body.u32(0, questionId);
    // The capabilities in the results stay with the caller until it releases them.
    body.bit(32, true);
  });
}

export function encodeRelease(id: number, referenceCount: number): Buffer {
  return encode(MESSAGE_TAG.release, 1, 0, (body) => {
    body.u32(0, id);
    body.u32(4, referenceCount);
  });
}

export function encodeAbort(reason: string): Buffer {
  return encode(MESSAGE_TAG.abort, 1, 1, (body) => body.text(0, reason));
}
