import { CapnpError } from '../capnp/capnp-error.js';
import type { StructReader } from '../capnp/reader.js';
import type { StructContent } from '../rpc/encode.js';
import { uuidFromBytes, uuidToBytes } from './uuid.js';

/** Results of registerConnection. */
export type RegisterAnswer = Registered | Refused;

export interface Registered {
  readonly registered: true;
  /** UUID that the edge gives this connection. */
  readonly connectionId: string;
  readonly locationName: string;
  readonly remotelyManaged: boolean;
}

export interface Refused {
  readonly registered: false;
  /**
   * cloudflared retries for ever when this contains `Unauthorized`; after any other refusal of its first connection it
   * exits with this text.
   */
  readonly cause: string;
  readonly shouldRetry: boolean;
  /** Milliseconds. */
  readonly retryAfterMs: number;
}

const ANSWER_TAG = { error: 0, details: 1 } as const;
const NANOSECONDS = 1_000_000n;

export function registerResults(answer: RegisterAnswer): StructContent {
  return {
    dataWords: 0,
    pointers: 1,
    fill(results) {
      const response = results.struct(0, 1, 1);
      if (!answer.registered) {
        response.u16(0, ANSWER_TAG.error);
        const error = response.struct(0, 2, 1);
        error.text(0, answer.cause);
        error.u64(0, BigInt(Math.round(answer.retryAfterMs)) * NANOSECONDS);
        error.bit(64, answer.shouldRetry);
        return;
      }
      response.u16(0, ANSWER_TAG.details);
      const details = response.struct(0, 1, 2);
      details.data(0, uuidToBytes(answer.connectionId));
      details.text(1, answer.locationName);
      details.bit(0, answer.remotelyManaged);
    },
  };
}

export function decodeRegisterResults(results: StructReader): RegisterAnswer {
  const response = results.struct(0);
  const body = response.struct(0);
  switch (response.u16(0)) {
    case ANSWER_TAG.error:
      return {
        registered: false,
        cause: body.text(0),
        shouldRetry: body.bit(64),
        retryAfterMs: Number(body.i64(0) / NANOSECONDS),
      };
    case ANSWER_TAG.details:
      return {
        registered: true,
        connectionId: uuidFromBytes(body.data(0), 'connection id'),
        locationName: body.text(1),
        remotelyManaged: body.bit(0),
      };
    default:
      throw new CapnpError(`registration answer of the unknown kind ${response.u16(0)}`);
  }
}
