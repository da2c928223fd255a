import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { FirstAccount } from '../../resources/index.js';
import type { Contents } from '../../storage/contents.js';
import { ok } from '../envelope.js';
import { ApiError } from '../errors.js';
import type { Http } from '../http.js';

/** Identifiers of what a seed has made, account by account. */
export type Made = readonly MadeInAccount[];

/** That of the account as `id`; else by member, then by name or key. */
export interface MadeInAccount {
  readonly id: string;
  readonly [member: string]: string | Readonly<Record<string, string>>;
}

/** What tests do to an Offramp, and nobody to one that others rely on. */
export interface TestControl {
  readonly allowed: boolean;
  /** Puts everything back to how the first start has left it; answers when traffic follows. */
  reset(to: 'empty' | 'seed'): Promise<FirstAccount>;
  /** Makes what a seed has: identifiers by member and name. Throws SeedRefused, and has made nothing then. */
  seed(file: { readonly name: string; readonly text: string }): Promise<Made>;
  /** The present state as a seed. */
  asSeed(): Promise<object>;
  /** Everything that is stored. Throws ContentsRefused when it is too big for one piece. */
  contents(): Promise<Contents>;
  /**
   * Puts everything into the place of what is stored; answers the first account when traffic follows. Throws ContentsRefused, or what the database says
   * of a row that does not fit, and has changed nothing then.
   */
  restore(contents: Contents): Promise<FirstAccount>;
}

/** Throws unless this Offramp is one for tests. */
export function forTests({ allowed }: Pick<TestControl, 'allowed'>, { method, url }: FastifyRequest): void {
  if (!allowed) throw new ApiError('test_control_off', `${method} ${url.split('?', 1)[0]}`);
}

export const resetOptions = z.strictObject({
  to: z.enum(['empty', 'seed'], 'must be empty or seed').optional(),
});
/** As the other requests of tests have what they want. */
const body = resetOptions.nullish();

/** `POST /_offramp/reset`: see docs/test-control.md. */
export function testControlRoutes(app: Http, control: TestControl): void {
  app.post(
    '/_offramp/reset',
    { schema: { hide: true, querystring: resetOptions, body } },
    async (request) => {
      forTests(control, request);
      const { accountId, zoneId, domain } = await control.reset(
        request.query.to ?? request.body?.to ?? 'empty',
      );
      return ok({ account_id: accountId, zone_id: zoneId, domain });
    },
  );
}
