import type { Credential } from '../../wire/auth.js';
import { failures, ok, successOf } from '../../wire/envelope.js';
import type { Http } from '../../wire/http.js';
import * as schema from './schema.js';

const tags = ['User'];
/** A token does not tell whose it is. */
const UNKNOWN_EMAIL = 'user@example.com';

/** Offramp keeps no users: the user is the credential of the request. */
export function userRoutes(app: Http): void {
  app.get(
    '/user',
    {
      schema: {
        tags,
        summary: 'Get the user that the credential belongs to',
        response: { 200: successOf(schema.user), ...failures },
      },
    },
    async ({ credential }) => ok(userOf(credential!)),
  );

  app.get(
    '/user/tokens/verify',
    {
      schema: {
        tags,
        summary: 'Test the credential',
        response: { 200: successOf(schema.verifiedToken), ...failures },
      },
    },
    // A credential that does not count has been refused before.
    async ({ credential }) => ok({ id: credential!.id, status: 'active' as const }),
  );
}

function userOf(credential: Credential): schema.WireUser {
  return {
    id: credential.id,
    email: credential.email ?? UNKNOWN_EMAIL,
    first_name: null,
    last_name: null,
    telephone: null,
    country: null,
    zipcode: null,
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
