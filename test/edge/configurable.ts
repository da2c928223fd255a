import type { ServerHttp2Stream } from 'node:http2';
import type { RegisterRequest } from '../../src/tunnel/rpc/registration.js';
import type { TestTunnel } from './fixture.js';
import { connectRaw, type EdgeToDial, type RawConnector } from './raw-connector.js';

export interface Pushed {
  readonly version: number;
  readonly config: unknown;
  /** Answers; without a body as a connector that has taken the version over. */
  answer(body?: string, status?: number): void;
  readonly stream: ServerHttp2Stream;
}

export interface ConfigurableConnector extends RawConnector {
  readonly pushes: Pushed[];
}

export const answers =
  (body?: string, status?: number) =>
  (pushed: Pushed): void =>
    pushed.answer(body, status);

/** A registered connector that keeps what it is told, and answers as a test wants. */
export async function connectConfigurable(
  edge: EdgeToDial,
  tunnel: Pick<TestTunnel, 'token'>,
  onPush: (pushed: Pushed) => void = answers(),
  values: Partial<RegisterRequest> = {},
): Promise<ConfigurableConnector> {
  const pushes: Pushed[] = [];
  const connector = await connectRaw(
    edge,
    tunnel,
    async (stream, headers) => {
      if (headers['cf-cloudflared-proxy-connection-upgrade'] !== 'update-configuration') return;
      const chunks: Buffer[] = [];
      for await (const chunk of stream.iterator({ destroyOnReturn: false })) chunks.push(chunk);
      const told = JSON.parse(Buffer.concat(chunks).toString()) as Pick<Pushed, 'version' | 'config'>;
      const pushed: Pushed = {
        ...told,
        stream,
        answer(body = `{"lastAppliedVersion":${told.version},"err":null}`, status = 200) {
          if (stream.destroyed) return;
          stream.respond({ ':status': status });
          stream.end(body);
        },
      };
      pushes.push(pushed);
      onPush(pushed);
    },
    values,
  );
  return { ...connector, pushes };
}
