import { ok } from '../../api/envelope.js';
import type { Http } from '../../api/http.js';
import { hexId } from '../../api/identifiers.js';
import { accountParams, operations } from '../_kit/operations.js';
import type { Context } from '../context.js';
import { appliedPsks, generatedPsk, pskEntries, pskMetadataOf } from './psk.js';
import { CONFIGURATION_ONLY, writeQuery } from './requests.js';
import * as rules from './rules.js';

const PATH = '/accounts/:account_id/magic/ipsec_tunnels';
const messages = [...CONFIGURATION_ONLY];

/** Pre-shared keys. The answers here are the only ones that have them; stored are digests. */
export function pskRoutes(app: Http, { write }: Context): void {
  const { post } = operations(app, { tags: ['IPsec tunnels'] });

  post(
    `${PATH}/psk`,
    'Set the pre-shared keys of several IPsec tunnels',
    { params: accountParams, query: writeQuery, body: pskEntries, answer: appliedPsks },
    async ({ params: { account_id }, query, body }) => {
      const { applied, unknown } = await write((draft) =>
        rules.setPsks(draft, account_id, body.psks, query.validate_only ?? false),
      );
      const result = {
        successfully_applied_psks: Object.fromEntries(
          applied.map((set) => [set.id, { ...shown(set), ipsec_id: `${account_id}_${set.id}` }]),
        ),
        unapplied_psks: Object.fromEntries(
          unknown.map((id) => [id, 'this account has no such IPsec tunnel']),
        ),
      };
      return ok(result, messages);
    },
  );

  post(
    `${PATH}/:ipsec_tunnel_id/psk_generate`,
    'Generate the pre-shared key of an IPsec tunnel, which is shown this once',
    { params: accountParams.extend({ ipsec_tunnel_id: hexId }), query: writeQuery, answer: generatedPsk },
    async ({ params: { account_id, ipsec_tunnel_id }, query }) => {
      const set = await write((draft) =>
        rules.generatePsk(draft, account_id, ipsec_tunnel_id, query.validate_only ?? false),
      );
      return ok(shown(set), messages);
    },
  );
}

function shown({ id, psk, at }: rules.SetPsk) {
  return { ipsec_tunnel_id: id, psk, psk_metadata: pskMetadataOf(at) };
}
