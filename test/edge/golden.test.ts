import { expect, test } from 'vitest';
import { createRpcClient } from '../../src/tunnel/rpc/calls.js';
import { createFramer, MAX_MESSAGE_BYTES } from '../../src/tunnel/rpc/capnp-wire.js';
import {
  decodeMessage,
  EMPTY_STRUCT,
  encodeAbort,
  encodeBootstrap,
  encodeCall,
  encodeCapabilityReturn,
  encodeFinish,
  encodeRelease,
  encodeResultsReturn,
  type RpcMessage,
  type StructContent,
} from '../../src/tunnel/rpc/messages.js';
import {
  decodeRegisterRequest,
  decodeRegisterResults,
  localConfigurationParams,
  REGISTRATION_INTERFACE,
  readLocalConfiguration,
  registerParams,
  registerResults,
} from '../../src/tunnel/rpc/registration.js';
import { fromConnector, fromEdge } from './golden.js';

function decode(frame: Buffer): RpcMessage {
  const messages: RpcMessage[] = [];
  const onMessage = (segments: readonly Buffer[]) => void messages.push(decodeMessage(segments));
  createFramer({ maxMessageBytes: () => MAX_MESSAGE_BYTES, onMessage }).push(frame);
  expect(messages).toHaveLength(1);
  return messages[0]!;
}

const REGISTERED = {
  registered: true,
  connectionId: '00112233-4455-6677-8899-aabbccddeeff',
  locationName: 'LOCAL01',
  remotelyManaged: true,
} as const;
const REFUSED = {
  registered: false,
  cause: 'Unauthorized: Invalid tunnel secret',
  shouldRetry: true,
  retryAfterMs: 5_000,
} as const;

test.each<[string, Buffer, Buffer]>([
  ['bootstrap', fromConnector.bootstrap, encodeBootstrap(0)],
  ['finish of the bootstrap', fromConnector.finish0, encodeFinish(0)],
  ['finish of the registration', fromConnector.finish1, encodeFinish(1)],
  ['finish of the local configuration', fromConnector.finishLocal, encodeFinish(1)],
  ['finish of the goodbye', fromConnector.finishUnregister, encodeFinish(1)],
  ['release', fromConnector.release, encodeRelease(0, 1)],
  ['abort', fromConnector.abort, encodeAbort('rpc: shutdown')],
  ['answer to the bootstrap', fromEdge.bootstrapReturn, encodeCapabilityReturn(0, 0)],
  ['registered', fromEdge.registered, encodeResultsReturn(1, registerResults(REGISTERED))],
  ['refused', fromEdge.refused, encodeResultsReturn(1, registerResults(REFUSED))],
  [
    'answer to the local configuration',
    fromEdge.localConfigurationReturn,
    encodeResultsReturn(1, EMPTY_STRUCT),
  ],
  ['answer to the goodbye', fromEdge.unregistered, encodeResultsReturn(1, EMPTY_STRUCT)],
])('byte for byte what a real session says: %s', (_what, golden, ours) => {
  expect(ours.toString('hex')).toBe(golden.toString('hex'));
});

/** Real calls carry an empty table of capabilities and another order of fields, so these mean the same in other bytes. */
test.each<[string, Buffer, number, (params: never) => unknown, (golden: Buffer) => StructContent]>([
  [
    'registration',
    fromConnector.register,
    0,
    decodeRegisterRequest,
    (golden) => registerParams(decodeRegisterRequest(paramsOf(golden))),
  ],
  [
    'local configuration',
    fromConnector.localConfiguration,
    2,
    readLocalConfiguration,
    (golden) => localConfigurationParams(Buffer.from(readLocalConfiguration(paramsOf(golden)))),
  ],
  ['goodbye', fromConnector.unregister, 1, () => null, () => EMPTY_STRUCT],
])('a call reads the same when we make it: %s', (_what, golden, methodId, read, paramsLike) => {
  const { questionId, target } = callIn(golden);
  const interfaceId = REGISTRATION_INTERFACE;
  const ours = encodeCall({ questionId, target, interfaceId, methodId, params: paramsLike(golden) });
  const { params: goldenParams, ...goldenCall } = callIn(golden);
  const { params, ...call } = callIn(ours);
  expect(call).toEqual(goldenCall);
  expect(read(params as never)).toEqual(read(goldenParams as never));
});

function callIn(frame: Buffer): RpcMessage & { type: 'call' } {
  const message = decode(frame);
  if (message.type !== 'call') throw new Error(`a ${message.type} is not a call`);
  return message;
}
const paramsOf = (frame: Buffer) => callIn(frame).params;

test('our caller gets through a real session with the answers that the real one got', async () => {
  const sent: RpcMessage[] = [];
  const client = createRpcClient({
    interfaceId: REGISTRATION_INTERFACE,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    send: (frame) => void sent.push(decode(frame)),
  });
  const registration = client.call(
    0,
    registerParams(decodeRegisterRequest(paramsOf(fromConnector.register))),
  );
  client.push(Buffer.concat([fromEdge.bootstrapReturn, fromEdge.registered]));
  expect(decodeRegisterResults(await registration)).toEqual(REGISTERED);
  expect(sent.map(({ type }) => type)).toEqual(['bootstrap', 'call', 'finish', 'finish']);
  expect(sent.slice(2)).toEqual([decode(fromConnector.finish0), decode(fromConnector.finish1)]);
  client.shutdown();
  expect(sent.at(-2)).toEqual(decode(fromConnector.release));
});
