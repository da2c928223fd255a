import { countResponse } from '../counts.js';
import { closeWhenAnswered } from '../edge-stream.js';
import type { IngressRule } from './configuration.js';
import { startHelloWorld } from './hello-world.js';
import { openHttpOrigin } from './http-origin.js';
import { createHttpService } from './http-service.js';
import type { IngressContext, OpenService } from './ingress-request.js';
import { responseHeaders } from './response-headers.js';
import { createTcpService } from './tcp-service.js';

/** Makes ready what a rule leads to. Rejects with a ConfigurationError when a file that it names cannot be used. */
export async function openService(
  { service, originRequest }: Pick<IngressRule, 'service' | 'originRequest'>,
  context: IngressContext,
): Promise<OpenService> {
  switch (service.kind) {
    case 'http':
    case 'unix':
      return createHttpService(await openHttpOrigin(service, originRequest), context);
    case 'tcp':
      return createTcpService(service, originRequest, context);
    case 'bastion':
      return createTcpService(null, originRequest, context);
    case 'status':
      return createStatusService(service.status, context);
    case 'hello':
      return await openHelloWorld(originRequest, context);
  }
}

/** Answers every request with a status and nothing else. */
export function createStatusService(status: number, { counts }: IngressContext): OpenService {
  return {
    serve({ stream }) {
      countResponse(counts, status);
      closeWhenAnswered(stream);
      stream.respond(responseHeaders(status, []), { endStream: true });
    },
    retire() {},
  };
}

async function openHelloWorld(
  originRequest: IngressRule['originRequest'],
  context: IngressContext,
): Promise<OpenService> {
  const hello = await startHelloWorld();
  const address = {
    kind: 'http',
    text: 'hello_world',
    tls: false,
    host: '127.0.0.1',
    port: hello.port,
  } as const;
  const service = createHttpService(await openHttpOrigin(address, originRequest), context);
  return {
    serve: service.serve,
    retire() {
      service.retire();
      hello.close();
    },
  };
}
