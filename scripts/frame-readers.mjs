// Everything in the edge and the connector that reads what came from a stranger: functions of chunks, which throw a
// CapnpError or nothing. Whoever reads something new gets a row here.

import { CallFailed, createRpcClient, createRpcServer } from '../dist/tunnel/rpc/calls.js';
import { readMessage } from '../dist/tunnel/rpc/capnp-reader.js';
import { CapnpError, createFramer, MAX_MESSAGE_BYTES } from '../dist/tunnel/rpc/capnp-wire.js';
import { decodeMessage, EMPTY_STRUCT, encodeBootstrap } from '../dist/tunnel/rpc/messages.js';
import {
  decodeRegisterRequest,
  decodeRegisterResults,
  REGISTRATION_INTERFACE,
  readLocalConfiguration,
  registerResults,
} from '../dist/tunnel/rpc/registration.js';

const REGISTERED = registerResults({
  registered: true,
  connectionId: '00112233-4455-6677-8899-aabbccddeeff',
  locationName: 'LOCAL01',
  remotelyManaged: true,
});
/** Pointers that the walker follows in one message. */
const MAX_STEPS = 60;
/** What one message may make the edge say. */
const MAX_ANSWER_BYTES = 400;

function feed(chunks, onMessage) {
  const framer = createFramer({ maxMessageBytes: () => MAX_MESSAGE_BYTES, onMessage });
  for (const chunk of chunks) framer.push(chunk);
}

/** Follows every pointer as everything that it may be, further than any decoder would. */
function walk(reader, steps) {
  reader.u64(0);
  reader.bit(65);
  for (let index = 0; index < 4; index += 1) {
    for (const read of [
      () => walk(reader.struct(index), steps),
      () => void reader.structs(index).map((inner) => walk(inner, steps)),
      () => reader.texts(index),
      () => reader.text(index),
      () => reader.data(index),
      () => reader.capability(index),
    ]) {
      steps.left -= 1;
      if (steps.left < 0) return;
      tolerate(read);
    }
  }
}

function tolerate(read) {
  try {
    read();
  } catch (error) {
    // What a method refuses is answered, and the conversation goes on.
    if (!(error instanceof CapnpError || error instanceof CallFailed)) throw error;
  }
}

const answering = (decode, answer) => (params) => {
  decode(params);
  return answer;
};

function serve(chunks) {
  let answered = 0;
  let messages = 1;
  const server = createRpcServer({
    interfaceId: REGISTRATION_INTERFACE,
    maxMessageBytes: () => MAX_MESSAGE_BYTES,
    send: (frame) => {
      answered += frame.length;
      messages += 1;
      if (answered > messages * MAX_ANSWER_BYTES) throw new Error(`${answered} bytes of answers`);
    },
    methods: new Map([
      [0, answering(decodeRegisterRequest, REGISTERED)],
      [1, () => EMPTY_STRUCT],
      [2, answering(readLocalConfiguration, EMPTY_STRUCT)],
    ]),
  });
  server.push(encodeBootstrap(0));
  for (const chunk of chunks) server.push(chunk);
}

/** The connector's side, with a registration under way. */
function beServed(chunks) {
  const client = createRpcClient({
    interfaceId: REGISTRATION_INTERFACE,
    maxMessageBytes: 64 * 1024,
    send: () => undefined,
  });
  client.call(0, EMPTY_STRUCT).then(decodeRegisterResults).catch(unlessCapnp);
  try {
    for (const chunk of chunks) client.push(chunk);
  } finally {
    client.fail(new CapnpError('over'));
  }
}

/** A rejection that nobody handles ends the process: what is wrong must not pass unseen. */
function unlessCapnp(error) {
  if (error instanceof CapnpError || error.message.startsWith('the edge ')) return;
  throw error;
}

export const READERS = {
  'every pointer': (chunks) => feed(chunks, (segments) => walk(readMessage(segments), { left: MAX_STEPS })),
  'RPC messages': (chunks) => feed(chunks, decodeMessage),
  'RPC server': serve,
  'RPC client': beServed,
  registration: (chunks) =>
    feed(chunks, (segments) => {
      const message = decodeMessage(segments);
      const content =
        message.type === 'call'
          ? message.params
          : message.type === 'return' && message.outcome.kind === 'results' && message.outcome.results;
      if (!content) return;
      for (const decode of [decodeRegisterRequest, readLocalConfiguration, decodeRegisterResults])
        tolerate(() => decode(content));
    }),
};

/** Whether all of it could be read; throws what is none of the errors that a reader may throw. */
export function isReadable(reader, chunks) {
  try {
    reader(chunks);
    return true;
  } catch (error) {
    if (error instanceof CapnpError) return false;
    throw error;
  }
}
