import { createMessageWriter, type StructWriter } from '../capnp/writer.js';
import { CAPABILITY_TAG, type CallTarget, MESSAGE_TAG, RETURN_TAG, TARGET_TAG } from './message.js';

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
