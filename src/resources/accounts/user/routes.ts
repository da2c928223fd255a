import type { Credential } from '../../../api/auth.js';
import { failures, ok, successOf } from '../../../api/envelope.js';
import type { Http } from '../../../api/http.js';
import type { Context } from '../../context.js';
import * as rules from './rules.js';
import * as schema from './schema.js';
import * as store from './store.js';

const tags = ['User'];
const response = { 200: successOf(schema.user), ...failures };
/** A token does not tell whose it is. */
const UNKNOWN_EMAIL = 'user@example.com';

export function userRoutes(app: Http, { db }: Context): void {
  app.get(
    '/user',
    { schema: { tags, summary: 'Get the user that the credential belongs to', response } },
    async ({ credential }) => ok(toWire(credential!, await store.find(db.read, credential!.id))),
  );

  app.patch(
    '/user',
    {
      schema: {
        tags,
        summary: 'Change the user that the credential belongs to',
        body: schema.patchBody,
        response,
      },
    },
    async ({ credential, body }) =>
      ok(toWire(credential!, await db.transact((tx) => rules.change(tx, credential!.id, body)))),
  );
}

function toWire(credential: Credential, user: store.User): schema.WireUser {
  return {
    id: user.id,
    email: credential.email ?? UNKNOWN_EMAIL,
    first_name: user.firstName,
    last_name: user.lastName,
    telephone: user.telephone,
    country: user.country,
    zipcode: user.zipcode,
    two_factor_authentication_enabled: false,
    two_factor_authentication_locked: false,
    has_pro_zones: false,
    has_business_zones: false,
    has_enterprise_zones: false,
    suspended: false,
    organizations: [],
    betas: [],
  };
}
