import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { ok } from '../envelope.js';
import type { Http } from '../http.js';
import { text } from '../text.js';
import { forTests, type TestControl } from './test-control.js';

const PATH = '/_offramp/seed';
/** Bytes of a seed. */
const MAX_SEED = 16 * 1024 * 1024;

const postQuery = z.strictObject({ name: text(1024).optional() });

/** `/_offramp/seed`: makes the objects of a file, and writes down those that there are. See docs/seeds.md. */
export function seedRoutes(app: Http, control: TestControl): void {
  app.get(PATH, { schema: { hide: true } }, () => control.asSeed());

  // The lines of what somebody has written are told, so it is read as text, whatever its type says.
  void app.register(async (scope) => {
    const plain = scope as unknown as FastifyInstance;
    plain.removeAllContentTypeParsers();
    plain.addContentTypeParser(
      '*',
      { parseAs: 'string', bodyLimit: MAX_SEED },
      async (_request: unknown, body: string) => body,
    );
    scope.post(
      PATH,
      {
        schema: { hide: true, querystring: postQuery },
        bodyLimit: MAX_SEED,
        preParsing: async (request) => forTests(control, request),
      },
      async (request) => {
        const { name = 'seed' } = request.query as z.output<typeof postQuery>;
        return ok({ made: await control.seed({ name, text: String(request.body ?? '') }) });
      },
    );
  });
}
