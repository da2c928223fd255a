import { expect, test } from 'vitest';
import { createRpcServer, type RpcMethod } from '../../src/tunnel/rpc/calls.js';
import type { StructReader } from '../../src/tunnel/rpc/capnp-reader.js';
import { CapnpError, createFramer, MAX_MESSAGE_BYTES } from '../../src/tunnel/rpc/capnp-wire.js';
import {
  decodeMessage,
  EMPTY_STRUCT,
  encodeCall,
  encodeResultsReturn,
  type RpcMessage,
} from '../../src/tunnel/rpc/messages.js';
import {
  decodeRegisterRequest,
  decodeRegisterResults,
  REGISTRATION_INTERFACE,
  type RegisterRequest,
  readLocalConfiguration,
  registerParams,
  registerResults,
} from '../../src/tunnel/rpc/registration.js';
import { fromConnector, fromEdge } from './golden.js';

const CONNECTION_ID = '00112233-4455-6677-8899-aabbccddeeff';
const REFUSAL = {
  registered: false,
  cause: 'Unauthorized: Invalid tunnel secret',
  shouldRetry: true,
  retryAfterMs: 5_000,
} as const;

function decode(frame: Buffer): RpcMessage {
  const messages: RpcMessage[] = [];
  createFramer({
    maxMessageBytes: () => MAX_MESSAGE_BYTES,
    onMessage: (segments) => messages.push(decodeMessage(segments)),
  }).push(frame);
  expect(messages).toHaveLength(1);
  return messages[0]!;
}

function paramsOf(frame: Buffer): StructReader {
  const message = decode(frame);
  if (message.type !== 'call') throw new Error(`a ${message.type} is not a call`);
  return message.params;
}

function serve(methods: [number, RpcMethod][]): { push(chunk: Buffer): void; sent: Buffer[] } {
  const sent: Buffer[] = [];
  const server = createRpcServer({
    interfaceId: REGISTRATION_INTERFACE,
    maxMessageBytes: () => MAX_MESSAGE_BYTES,
    methods: new Map(methods),
    send: (frame) => sent.push(frame),
  });
  return { push: (chunk) => server.push(chunk), sent };
}

const register =
  (refused: boolean): RpcMethod =>
  (params) => {
    decodeRegisterRequest(params);
    if (refused) return registerResults(REFUSAL);
    return registerResults({
      registered: true,
      connectionId: CONNECTION_ID,
      locationName: 'LOCAL01',
      remotelyManaged: true,
    });
  };

const METHODS: [number, RpcMethod][] = [
  [0, register(false)],
  [1, () => EMPTY_STRUCT],
  [2, () => EMPTY_STRUCT],
];

test('the messages of a real connector are understood', () => {
  expect(decode(fromConnector.bootstrap)).toEqual({ type: 'bootstrap', questionId: 0 });
  expect(decode(fromConnector.finish1)).toEqual({ type: 'finish', questionId: 1 });
  expect(decode(fromConnector.release)).toEqual({ type: 'release', id: 0, referenceCount: 1 });
  expect(decode(fromConnector.abort)).toEqual({ type: 'abort', reason: 'rpc: shutdown' });
  expect(decode(fromConnector.register)).toMatchObject({
    type: 'call',
    questionId: 1,
    target: { kind: 'promisedAnswer', questionId: 0 },
    interfaceId: REGISTRATION_INTERFACE,
    methodId: 0,
  });
  expect(decode(fromConnector.unregister)).toMatchObject({
    type: 'call',
    target: { kind: 'importedCapability', id: 0 },
    methodId: 1,
  });
});

test('the registration of a real connector is understood', () => {
  const request = decodeRegisterRequest(paramsOf(fromConnector.register));
  expect({ ...request, features: [...request.features].sort() }).toEqual({
    accountTag: '0123456789abcdef0123456789abcdef',
    tunnelSecret: Buffer.alloc(32, 7),
    tunnelId: '11111111-2222-4333-8444-555555555555',
    connIndex: 0,
    clientId: 'ee47329d-b98e-45d4-8899-c99ada17e3a1',
    features: [
      'allow_remote_config',
      'management_logs',
      'serialized_headers',
      'support_datagram_v2',
      'support_quic_eof',
    ],
    version: '2025.5.0',
    arch: 'linux_amd64',
    previousAttempts: 0,
  });
});

test('the local configuration of a real connector is understood', () => {
  const json = readLocalConfiguration(paramsOf(fromConnector.localConfiguration));
  expect(JSON.parse(json)).toMatchObject({ ingress: [{ service: 'http_status:503' }], 'warp-routing': {} });
});

test('a real session is answered byte for byte, however its bytes are cut', () => {
  const session = Buffer.concat(Object.values(fromConnector));
  const expected = [
    fromEdge.bootstrapReturn,
    fromEdge.registered,
    fromEdge.localConfigurationReturn,
    fromEdge.unregistered,
  ].map((frame) => frame.toString('hex'));
  for (const size of [1, 7, 8, 100, session.length]) {
    const { push, sent } = serve(METHODS);
    for (let at = 0; at < session.length; at += size) push(session.subarray(at, at + size));
    expect(sent.map((frame) => frame.toString('hex'))).toEqual(expected);
  }
});

test('a refusal is answered byte for byte', () => {
  const { push, sent } = serve([[0, register(true)]]);
  push(fromConnector.bootstrap);
  push(fromConnector.register);
  expect(sent[1]!.toString('hex')).toBe(fromEdge.refused.toString('hex'));
});

test('an answer reads as it was written', () => {
  for (const [frame, answer] of [
    [
      fromEdge.registered,
      { registered: true, connectionId: CONNECTION_ID, locationName: 'LOCAL01', remotelyManaged: true },
    ],
    [fromEdge.refused, REFUSAL],
  ] as const) {
    const message = decode(frame);
    if (message.type !== 'return' || message.outcome.kind !== 'results') throw new Error('not results');
    expect(decodeRegisterResults(message.outcome.results)).toEqual(answer);
  }
});

const REQUEST: RegisterRequest = {
  accountTag: 'a',
  tunnelSecret: Buffer.alloc(32, 1),
  tunnelId: '11111111-2222-4333-8444-555555555555',
  connIndex: 3,
  clientId: '99999999-2222-4333-8444-555555555555',
  features: ['one', 'zwölf'],
  version: 'v',
  arch: 'linux_arm64',
  previousAttempts: 2,
};

const call = (params: RegisterRequest, interfaceId = REGISTRATION_INTERFACE, methodId = 0) =>
  encodeCall({
    questionId: 1,
    target: { kind: 'promisedAnswer', questionId: 0 },
    interfaceId,
    methodId,
    params: registerParams(params),
  });

test('a registration reads as it was written', () => {
  expect(decodeRegisterRequest(paramsOf(call(REQUEST)))).toEqual(REQUEST);
});

test('a registration with a field of an impossible length is malformed', () => {
  const long = 'x'.repeat(257);
  for (const [change, message] of [
    [{ tunnelId: '1111' }, 'tunnel id of 2 bytes'],
    [{ clientId: '' }, 'connector id of 0 bytes'],
    [{ version: long }, 'version of 257'],
    [{ features: [long] }, 'feature of 257'],
    [{ features: Array.from({ length: 65 }, () => 'x') }, '65 features'],
    [{ tunnelSecret: Buffer.alloc(1025) }, 'secret of 1025'],
  ] as const) {
    const params = paramsOf(call({ ...REQUEST, ...change }));
    expect(() => decodeRegisterRequest(params)).toThrow(CapnpError);
    expect(() => decodeRegisterRequest(params)).toThrow(message);
  }
});

test('an unknown method or interface is answered as not implemented', () => {
  for (const frame of [call(REQUEST, REGISTRATION_INTERFACE, 7), call(REQUEST, 0xea58385c65416035n, 0)]) {
    const { push, sent } = serve(METHODS);
    push(fromConnector.bootstrap);
    push(frame);
    expect(decode(sent[1]!)).toMatchObject({
      type: 'return',
      answerId: 1,
      outcome: { kind: 'exception', exceptionType: 3 },
    });
  }
});

test('a call to a capability that was never given out ends the conversation', () => {
  expect(() => serve(METHODS).push(call(REQUEST))).toThrow('never given out');
});

test('bootstrap questions that are never finished end the conversation', () => {
  const { push, sent } = serve(METHODS);
  const bootstrap = (questionId: number) => {
    const frame = Buffer.from(fromConnector.bootstrap);
    frame.writeUInt32LE(questionId, 32);
    return frame;
  };
  expect(decode(bootstrap(5))).toEqual({ type: 'bootstrap', questionId: 5 });
  expect(() => {
    for (let id = 0; id < 100; id += 1) push(bootstrap(id));
  }).toThrow('unfinished bootstrap');
  expect(sent.length).toBeLessThan(20);
});

test('messages that nobody needs are ignored', () => {
  const { push, sent } = serve(METHODS);
  push(encodeResultsReturn(9, EMPTY_STRUCT));
  push(fromConnector.abort);
  expect(sent).toEqual([]);
});
