import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from './errors.js';
import { invalidInput } from './families.js';

const BODY_LIMIT = 1024 * 1024;
const JSON_TYPE = /^application\/json($|\s*;)/i;

/**
 * Bodies are JSON of at most 1 MiB, whatever the charset parameter; an empty one counts as absent (DELETE has them). Cloudflare takes
 * `application/json` and `multipart/form-data` in a request's head, and no operation here has a form.
 */
export function acceptJsonBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  // Another type of no body says nothing, however it is spelt; Fastify would refuse one that cannot be read.
  app.addHook('onRequest', ({ headers }, _reply, done) => {
    if (!hasBody(headers) && !JSON_TYPE.test(headers['content-type'] ?? '')) delete headers['content-type'];
    done();
  });
  app.addContentTypeParser(
    JSON_TYPE,
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
    /^multipart\/form-data($|\s*;)/i,
    { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
    async (request: FastifyRequest, body: Buffer) => {
      if (body.length === 0) return undefined;
      throw invalidInput(request.routeOptions.config.family, 'the body is a form; it must be JSON');
    },
  );
  app.addContentTypeParser(
    '*',
    { parseAs: 'buffer', bodyLimit: BODY_LIMIT },
    async (_request: FastifyRequest, body: Buffer) => {
      if (body.length === 0) return undefined;
      throw new ApiError('invalid_content_type');
    },
  );
}

/** By the head; one sent in chunks may turn out empty. */
export function hasBody(headers: IncomingHttpHeaders): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0');
}

export const bodyTooLarge = (limit = BODY_LIMIT) => new ApiError('body_too_large', String(limit));

const utf8 = new TextDecoder('utf-8', { fatal: true });
const decode = (body: Buffer) => utf8.decode(body);

/** A key named `__proto__` would change the object it is merged into. */
function dropPrototype(key: string, value: unknown): unknown {
  return key === '__proto__' ? undefined : value;
}
