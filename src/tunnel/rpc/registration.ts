import { CallFailed } from './calls.js';
import type { StructReader } from './capnp-reader.js';
import { CapnpError } from './capnp-wire.js';
import type { StructContent } from './messages.js';

/** The RPC interface that connectors call on the edge (`RegistrationServer` in cloudflared's schema). */
export const REGISTRATION_INTERFACE = 0xf71695ec7fe85497n;

export const REGISTRATION_METHOD = {
  registerConnection: 0,
  unregisterConnection: 1,
  updateLocalConfiguration: 2,
} as const;

/**
 * Announced at registration by a connector that passes the end of each direction of a byte stream on by itself. Others, such
 * as cloudflared, close both directions as soon as either has ended.
 */
export const HALF_CLOSE_FEATURE = 'offramp_half_close';

/** Parameters of registerConnection. */
export interface RegisterRequest {
  readonly accountTag: string;
  readonly tunnelSecret: Buffer;
  /** UUID. */
  readonly tunnelId: string;
  /** 0 for the first connection of a connector, 1 for the second and so on. */
  readonly connIndex: number;
  /** UUID of the connector process. */
  readonly clientId: string;
  readonly features: readonly string[];
  readonly version: string;
  /** Such as `linux_amd64`. */
  readonly arch: string;
  readonly previousAttempts: number;
}

/** What is kept of a connector is shown by the API, so nobody may make it large. */
const MAX_TEXT = 256;
const MAX_FEATURES = 64;
const MAX_SECRET_BYTES = 1024;

/** Throws CapnpError when a field has a length that it cannot have. */
export function decodeRegisterRequest(params: StructReader): RegisterRequest {
  const auth = params.struct(0);
  const options = params.struct(2);
  const client = options.struct(0);
  const features = client.texts(1);
  if (features.length > MAX_FEATURES) {
    throw new CapnpError(`${features.length} features; at most ${MAX_FEATURES} are accepted`);
  }
  const tunnelSecret = auth.data(1);
  if (tunnelSecret.length > MAX_SECRET_BYTES)
    throw new CapnpError(`tunnel secret of ${tunnelSecret.length} bytes`);
  return {
    accountTag: bounded(auth.text(0), 'account tag'),
    tunnelSecret,
    tunnelId: uuidFromBytes(params.data(1), 'tunnel id'),
    connIndex: params.u8(0),
    clientId: uuidFromBytes(client.data(0), 'connector id'),
    features: features.map((feature) => bounded(feature, 'feature')),
    version: bounded(client.text(2), 'version'),
    arch: bounded(client.text(3), 'arch'),
    previousAttempts: options.u8(2),
  };
}

function bounded(text: string, what: string): string {
  if (text.length > MAX_TEXT)
    throw new CapnpError(`${what} of ${text.length} characters; at most ${MAX_TEXT}`);
  return text;
}

export function registerParams(request: RegisterRequest): StructContent {
  return {
    dataWords: 1,
    pointers: 3,
    fill(params) {
      params.u8(0, request.connIndex);
      const auth = params.struct(0, 0, 2);
      auth.text(0, request.accountTag);
      auth.data(1, request.tunnelSecret);
      params.data(1, uuidToBytes(request.tunnelId));
      const options = params.struct(2, 1, 2);
      options.u8(2, Math.min(request.previousAttempts, 255));
      const client = options.struct(0, 0, 4);
      client.data(0, uuidToBytes(request.clientId));
      client.texts(1, request.features);
      client.text(2, request.version);
      client.text(3, request.arch);
    },
  };
}

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

const MAX_CONFIGURATION_BYTES = 1024 * 1024;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Parameters of updateLocalConfiguration: the JSON text of a locally managed tunnel's configuration. CallFailed when it is none. */
export function readLocalConfiguration(params: StructReader): string {
  const json = params.data(0);
  if (json.length > MAX_CONFIGURATION_BYTES)
    throw new CallFailed(
      `configuration of ${json.length} bytes; at most ${MAX_CONFIGURATION_BYTES} are taken`,
    );
  const text = textOf(json);
  if (text === null || !isObject(text)) throw new CallFailed('the configuration is no JSON object');
  return text;
}

/** The other way round: for the connector. */
export function localConfigurationParams(json: Buffer): StructContent {
  return { dataWords: 0, pointers: 1, fill: (params) => params.data(0, json) };
}

function textOf(bytes: Buffer): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

function isObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** `11111111-2222-4333-8444-555555555555` as the 16 bytes that travel in registration messages. */
function uuidToBytes(uuid: string): Buffer {
  return Buffer.from(uuid.replaceAll('-', ''), 'hex');
}

/** The other way round; `what` names the field in the error. */
function uuidFromBytes(bytes: Buffer, what: string): string {
  if (bytes.length !== 16) throw new CapnpError(`${what} of ${bytes.length} bytes; a UUID has 16`);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
