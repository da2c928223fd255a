import type { Credential } from '../../../api/auth.js';
import { ok } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import { operations } from '../../_kit/operations.js';
import { changeSingle, singleOf } from '../../_kit/singles.js';
import type { Context } from '../../context.js';
import { answer, body, fields, type UserValues } from './fields.js';

/** A token does not tell whose it is. */
const UNKNOWN_EMAIL = 'user@example.com';

export function userRoutes(app: Http, { world, write }: Context): void {
  const { get, patch } = operations(app, { tags: ['User'] });

  get('/user', 'Get the user that the credential belongs to', { answer }, ({ credential }) =>
    ok(toWire(credential!, singleOf(world.users, fields, credential!.id))),
  );

  patch(
    '/user',
    'Change the user that the credential belongs to',
    { body, answer },
    async ({ credential, body }) =>
      ok(
        toWire(credential!, await write((draft) => changeSingle(draft.users, fields, credential!.id, body))),
      ),
  );
}

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
