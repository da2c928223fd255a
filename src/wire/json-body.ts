import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from './errors.js';
import { invalidInput } from './families.js';

const BODY_LIMIT = 1024 * 1024;

/** Bodies are JSON of at most 1 MiB, whatever the charset parameter; an empty one counts as absent (DELETE has them). */
export function acceptJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    /^application\/json($|\s*;)/i,
    { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
    async (request: FastifyRequest, body: Buffer) => {
      if (body.length === 0) return undefined;
      try {
        return JSON.parse(decode(body), dropPrototype);
      } catch (error) {
        throw invalidInput(
          request.routeOptions.config.family,
          `the body is not valid JSON: ${(error as Error).message}`,
        );
      }
    },
  );
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
    async (request: FastifyRequest, body: Buffer) => {
      if (body.length === 0) return undefined;
      throw new ApiError('unsupported_media_type', `"${request.headers['content-type'] ?? 'absent'}"`);
    },
  );
}

export const bodyTooLarge = () => new ApiError('body_too_large', String(BODY_LIMIT));

const utf8 = new TextDecoder('utf-8', { fatal: true });
const decode = (body: Buffer) => utf8.decode(body);

/** A key named `__proto__` would change the object it is merged into. */
function dropPrototype(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}
