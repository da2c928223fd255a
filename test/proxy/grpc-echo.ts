import {
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientUnaryCall,
  type ClientWritableStream,
  credentials,
  type Metadata,
  makeGenericClientConstructor,
  Server,
  ServerCredentials,
  type ServiceClientConstructor,
  type ServiceError,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { onTestFinished } from 'vitest';
import type { Certificate } from '../support/certificates.js';

const serialize = (text: string) => Buffer.from(text);
const deserialize = (bytes: Buffer) => bytes.toString();

function method(name: string, requestStream: boolean, responseStream: boolean) {
  return {
    path: `/test.Echo/${name}`,
    requestStream,
    responseStream,
    requestSerialize: serialize,
    requestDeserialize: deserialize,
    responseSerialize: serialize,
    responseDeserialize: deserialize,
  };
}

/** Each kind of call that gRPC has, with texts as messages. */
const ECHO = {
  one: method('One', false, false),
  many: method('Many', false, true),
  collect: method('Collect', true, false),
  chat: method('Chat', true, true),
};

export interface EchoClient {
  one(
    text: string,
    metadata: Metadata,
    done: (error: ServiceError | null, text?: string) => void,
  ): ClientUnaryCall;
  many(text: string): ClientReadableStream<string>;
  collect(done: (error: ServiceError | null, text?: string) => void): ClientWritableStream<string>;
  chat(): ClientDuplexStream<string, string>;
  close(): void;
}

/** Calls through a TLS port, trusting `ca`, with `host` as authority. */
export function echoClient(port: number, host: string, ca: string): EchoClient {
  const Echo = makeGenericClientConstructor(ECHO, 'Echo') as ServiceClientConstructor;
  const client = new Echo(`127.0.0.1:${port}`, credentials.createSsl(Buffer.from(ca)), {
    'grpc.ssl_target_name_override': host,
    'grpc.default_authority': host,
    'grpc.enable_retries': 0,
  }) as unknown as EchoClient;
  onTestFinished(() => client.close());
  return client;
}

/** A gRPC server on a free port, plain unless it gets a certificate. */
export async function echoServer(
  implementation: UntypedServiceImplementation,
  certificate?: Certificate,
): Promise<{ readonly port: number; stop(): void }> {
  const server = new Server();
  server.addService(ECHO, implementation);
  const secure = certificate && [
    { private_key: Buffer.from(certificate.key), cert_chain: Buffer.from(certificate.cert) },
  ];
  const offered = secure ? ServerCredentials.createSsl(null, secure) : ServerCredentials.createInsecure();
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', offered, (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  onTestFinished(() => server.forceShutdown());
  return { port, stop: () => server.forceShutdown() };
}
