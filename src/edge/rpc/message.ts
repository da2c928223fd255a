import type { StructReader } from '../capnp/reader.js';

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

export const MESSAGE_TAG = {
  abort: 1,
  call: 2,
  return: 3,
  finish: 4,
  release: 6,
  bootstrap: 8,
} as const;

export const TARGET_TAG = { importedCapability: 0, promisedAnswer: 1 } as const;
export const RETURN_TAG = { results: 0, exception: 1 } as const;
export const CAPABILITY_TAG = { senderHosted: 1 } as const;
export const EXCEPTION_TYPE = { failed: 0, unimplemented: 3 } as const;
