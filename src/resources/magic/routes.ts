import { z } from 'zod';
import { ok } from '../../api/envelope.js';
import type { Http } from '../../api/http.js';
import { hexId } from '../../api/identifiers.js';
import { type Asked, accountParams, operations } from '../_kit/operations.js';
import type { Context } from '../context.js';
import { type MagicTunnel, tunnelToWire } from './definition.js';
import { GRE, IPSEC, type MagicKind } from './kinds.js';
import { bulkOf, CONFIGURATION_ONLY, headers, objectFormOf, writeQuery } from './requests.js';
import * as rules from './rules.js';

const messages = [...CONFIGURATION_ONLY];

export function magicTunnelRoutes(app: Http, context: Context): void {
  for (const kind of [GRE, IPSEC]) kindRoutes(app, context, kind);
}

type Request<Query = unknown> = Asked<Readonly<Record<string, string>>, Query, unknown>;

function kindRoutes(app: Http, { world, write }: Context, kind: MagicKind): void {
  const name = `${kind.kind}_tunnel`;
  const names = `${name}s`;
  const id = `${name}_id`;
  const path = `/accounts/:account_id/magic/${names}`;
  const one = `${path}/:${id}`;
  const tags = [`${kind.title} tunnels`];
  const { get, post, put, remove } = operations(app, { tags }, { headers });
  const params = accountParams;
  const oneParams = accountParams.extend({ [id]: hexId });
  const query = writeQuery;
  const { bodies, answer } = kind;

  const placeOf = ({ params: { account_id } }: Request) => ({ kind, accountId: account_id! });
  const writingOf = (request: Request<z.output<typeof writeQuery>>): rules.Writing => ({
    ...placeOf(request),
    validateOnly: request.query.validate_only ?? false,
    objectForm: objectFormOf(request.headers),
  });
  const shown = ({ headers }: Request, tunnel: MagicTunnel) =>
    tunnelToWire(kind, tunnel, objectFormOf(headers));

  get(
    path,
    `List ${kind.title} tunnels`,
    { params, answer: z.object({ [names]: z.array(answer) }) },
    (request) => {
      const tunnels = rules.listMagicTunnels(world, placeOf(request));
      return ok({ [names]: tunnels.map((tunnel) => shown(request, tunnel)) });
    },
  );

  get(one, `Get ${kind.one}`, { params: oneParams, answer: z.object({ [name]: answer }) }, (request) =>
    ok({ [name]: shown(request, rules.getMagicTunnel(world, placeOf(request), request.params[id]!)) }),
  );

  post(path, `Create ${kind.one}`, { params, query, body: bodies.write, answer }, async (request) => {
    const writing = writingOf(request);
    const tunnel = await write((draft) => rules.createMagicTunnel(draft, writing, request.body));
    return ok(shown(request, tunnel), messages);
  });

  put(
    path,
    `Change several ${kind.title} tunnels, all or none; what is left out stays`,
    {
      params,
      query,
      body: bulkOf(names, bodies.change),
      answer: z.object({ modified: z.boolean(), [`modified_${names}`]: z.array(answer) }),
    },
    async (request) => {
      const writing = writingOf(request);
      const tunnels = await write((draft) => rules.changeTunnels(draft, writing, request.body));
      const modified = tunnels.map((tunnel) => shown(request, tunnel));
      return ok({ modified: !writing.validateOnly, [`modified_${names}`]: modified }, messages);
    },
  );

  put(
    one,
    `Replace ${kind.one}`,
    {
      params: oneParams,
      query,
      body: bodies.write,
      answer: z.object({ modified: z.boolean(), [`modified_${name}`]: answer }),
    },
    async (request) => {
      const writing = writingOf(request);
      const tunnel = await write((draft) =>
        rules.replaceTunnel(draft, writing, request.params[id]!, request.body),
      );
      return ok({ modified: !writing.validateOnly, [`modified_${name}`]: shown(request, tunnel) }, messages);
    },
  );

  remove(
    one,
    `Delete ${kind.one}`,
    {
      params: oneParams,
      query,
      answer: z.object({ deleted: z.boolean(), [`deleted_${name}`]: answer }),
    },
    async (request) => {
      const writing = writingOf(request);
      const tunnel = await write((draft) => rules.removeMagicTunnel(draft, writing, request.params[id]!));
      return ok({ deleted: !writing.validateOnly, [`deleted_${name}`]: shown(request, tunnel) }, messages);
    },
  );
}
