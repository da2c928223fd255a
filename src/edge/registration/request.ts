import { CapnpError } from '../capnp/capnp-error.js';
import type { StructReader } from '../capnp/reader.js';
import type { StructContent } from '../rpc/encode.js';
import { uuidFromBytes, uuidToBytes } from './uuid.js';

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
