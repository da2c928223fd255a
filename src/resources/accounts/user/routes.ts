import { isDeepStrictEqual } from 'node:util';
import type { Credential } from '../../../api/auth.js';
import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { initialOf, valuesAfter } from '../../_kit/fields.js';
import { operations } from '../../_kit/operations.js';
import type { Context } from '../../context.js';
import type { WorkingWorld } from '../../definitions.js';
import { answer, body, fields, type UserValues } from './fields.js';

/** A token does not tell whose it is. */
const UNKNOWN_EMAIL = 'user@example.com';

export function userRoutes(app: Http, { world, write }: Context): void {
  const { get, patch } = operations(app, { tags: ['User'] });

  get('/user', 'Get the user that the credential belongs to', { answer }, ({ credential }) =>
    ok(toWire(credential!, valuesOf(world, credential!.id))),
  );

  patch(
    '/user',
    'Change the user that the credential belongs to',
    { body, answer },
    async ({ credential, body }) => {
      const { id } = credential!;
      const values = await write((draft) => {
        const before = valuesOf(draft, id);
        const after = valuesAfter(fields, body, before, initialOf(fields));
        if (!isDeepStrictEqual(after, before)) draft.users.put({ id, values: after });
        return after;
      });
      return ok(toWire(credential!, values));
    },
  );
}

/** Nothing is said until somebody says it. */
const valuesOf = (world: WorkingWorld, id: string): UserValues =>
  world.users.get(id)?.values ?? initialOf(fields);

const toWire = ({ id, email }: Credential, values: UserValues) => ({
  id,
  email: email ?? UNKNOWN_EMAIL,
  ...values,
  two_factor_authentication_enabled: false,
  two_factor_authentication_locked: false,
  has_pro_zones: false,
  has_business_zones: false,
  has_enterprise_zones: false,
  suspended: false,
  organizations: [],
  betas: [],
});
