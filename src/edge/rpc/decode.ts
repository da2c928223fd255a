import { CapnpError } from '../capnp/capnp-error.js';
import { readMessage, type StructReader } from '../capnp/reader.js';
import {
  CAPABILITY_TAG,
  type CallTarget,
  MESSAGE_TAG,
  RETURN_TAG,
  type ReturnOutcome,
  type RpcMessage,
  TARGET_TAG,
} from './message.js';

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
