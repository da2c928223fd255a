import { realTime } from '../net/real-time.js';
import { CODE } from '../tunnel/h2/errors.js';
import type { ServingStream } from '../tunnel/h2/stream.js';
import { createRpcClient } from '../tunnel/rpc/calls.js';
import { EMPTY_STRUCT } from '../tunnel/rpc/messages.js';
import {
  decodeRegisterResults,
  localConfigurationParams,
  REGISTRATION_INTERFACE,
  REGISTRATION_METHOD,
  type Refused,
  type Registered,
  type RegisterRequest,
  registerParams,
} from '../tunnel/rpc/registration.js';

/** The edge has understood the registration, and said no. */
export class RegistrationRefused extends Error {
  override readonly name = 'RegistrationRefused';
  /** As a first registration: trying again would be no better. cloudflared judges by the text as well. */
  readonly isFinal: boolean;
  /** The token is no good: its tunnel is not there, or has another secret. */
  readonly isUnauthorized: boolean;
  constructor({ cause }: Refused) {
    super(`the edge refused the connection: ${cause}`);
    this.isUnauthorized = cause.includes('Unauthorized');
    // A rotated secret or a tunnel that is created again mends the first; another edge the second.
    this.isFinal = !this.isUnauthorized && cause !== 'EDUPCONN';
  }
}

export interface RegistrationCalls {
  /** Rejects with RegistrationRefused, or when the stream breaks or no answer comes in time. */
  register(request: RegisterRequest): Promise<Registered>;
  /** Tells the edge the configuration of a tunnel that is not managed remotely, as JSON. */
  updateLocalConfiguration(json: Buffer): Promise<void>;
  /** After the answer the edge opens no new streams. The control stream is ended then. */
  unregister(): Promise<void>;
}

const CALL_TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 64 * 1024;

/** Calls the edge over the control stream that it has opened. */
export function createRegistrationCalls(stream: ServingStream): RegistrationCalls {
  stream.respond({ ':status': 200 });
  const rpc = createRpcClient({
    interfaceId: REGISTRATION_INTERFACE,
    maxMessageBytes: MAX_ANSWER_BYTES,
    send: (frame) => void (stream.writable && stream.write(frame)),
  });
  stream.on('data', (chunk: Buffer) => {
    try {
      rpc.push(chunk);
    } catch (error) {
      rpc.fail(error as Error);
      stream.close(CODE.CANCEL);
    }
  });
  // An edge that drains says goodbye like this.
  const over = () => rpc.fail(new Error('the edge closed the control stream'));
  stream.once('end', () => {
    over();
    stream.end();
  });
  stream.once('close', over);

  return {
    async register(request) {
      const call = rpc.call(REGISTRATION_METHOD.registerConnection, registerParams(request));
      const answer = decodeRegisterResults(await inTime(call, 'registration'));
      if (!answer.registered) throw new RegistrationRefused(answer);
      return answer;
    },
    async updateLocalConfiguration(json) {
      const call = rpc.call(REGISTRATION_METHOD.updateLocalConfiguration, localConfigurationParams(json));
      await inTime(call, 'local configuration');
    },
    async unregister() {
      await inTime(rpc.call(REGISTRATION_METHOD.unregisterConnection, EMPTY_STRUCT), 'goodbye');
      rpc.shutdown();
      stream.end();
    },
  };
}

async function inTime<T>(call: Promise<T>, what: string): Promise<T> {
  const timer = new AbortController();
  const late = realTime.wait(CALL_TIMEOUT_MS, { keepsAlive: true, signal: timer.signal }).then(() => {
    throw new Error(`the edge did not answer the ${what} within ${CALL_TIMEOUT_MS} ms`);
  });
  late.catch(() => {});
  return Promise.race([call, late]).finally(() => timer.abort());
}
