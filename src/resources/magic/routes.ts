import { z } from 'zod';
import { failures, ok, successOf } from '../../api/envelope.js';
import type { Http } from '../../api/http.js';
import { hexId } from '../../api/identifiers.js';
import type { Context } from '../context.js';
import { type MagicTunnel, tunnelToWire } from './definition.js';
import { type Change, GRE, IPSEC, type Kind, type TunnelBody } from './kinds.js';
import { accountParams, bulkOf, CONFIGURATION_ONLY, headers, objectFormOf, writeQuery } from './requests.js';
import * as rules from './rules.js';

const messages = [...CONFIGURATION_ONLY];
const answer = (shape: z.ZodRawShape) => ({ 200: successOf(z.object(shape)), ...failures });

export function magicTunnelRoutes(app: Http, context: Context): void {
  for (const kind of [GRE, IPSEC]) {
    readingRoutes(app, context, kind);
    writingRoutes(app, context, kind);
  }
}

interface Request {
  readonly params: unknown;
  readonly headers: unknown;
  readonly query: unknown;
}

/** The names of a kind in paths and answers, and what its requests say. */
function namesOf(kind: Kind) {
  const name = `${kind.kind}_tunnel`;
  const path = `/accounts/:account_id/magic/${name}s`;
  const tags = [`${kind.title} tunnels`];
  const oneParams = accountParams.extend({ [`${name}_id`]: hexId });
  const paramsOf = (request: Request) => request.params as Record<string, string>;
  const formOf = (request: Request) => objectFormOf(request.headers as z.output<typeof headers>);
  return {
    name,
    path,
    one: `${path}/:${name}_id`,
    of: (summary: string) => ({ tags, summary, params: accountParams, headers }),
    ofOne: (summary: string) => ({ tags, summary, params: oneParams, headers }),
    idOf: (request: Request) => paramsOf(request)[`${name}_id`]!,
    placeOf: (request: Request) => ({ kind, accountId: paramsOf(request).account_id! }),
    writingOf: (request: Request): rules.Writing => ({
      kind,
      accountId: paramsOf(request).account_id!,
      validateOnly: (request.query as z.output<typeof writeQuery>).validate_only ?? false,
      objectForm: formOf(request),
    }),
    shown: (request: Request, tunnel: MagicTunnel) => tunnelToWire(kind, tunnel, formOf(request)),
  };
}

function readingRoutes(app: Http, { world }: Context, kind: Kind): void {
  const { name, path, one, of, ofOne, idOf, placeOf, shown } = namesOf(kind);

  app.get(
    path,
    {
      schema: {
        ...of(`List ${kind.title} tunnels`),
        response: answer({ [`${name}s`]: z.array(kind.answer) }),
      },
    },
    async (request) => {
      const tunnels = rules.listTunnels(world, placeOf(request));
      return ok({ [`${name}s`]: tunnels.map((tunnel) => shown(request, tunnel)) });
    },
  );

  app.get(
    one,
    { schema: { ...ofOne(`Get ${kind.one}`), response: answer({ [name]: kind.answer }) } },
    async (request) =>
      ok({ [name]: shown(request, rules.getTunnel(world, placeOf(request), idOf(request))) }),
  );
}

function writingRoutes(app: Http, { write }: Context, kind: Kind): void {
  const { name, path, one, of, ofOne, idOf, writingOf, shown } = namesOf(kind);
  const modified = `modified_${name}`;
  const querystring = writeQuery;

  app.post(
    path,
    {
      schema: {
        ...of(`Create ${kind.one}`),
        querystring,
        body: kind.bodies.write,
        response: { 200: successOf(kind.answer), ...failures },
      },
    },
    async (request) => {
      const tunnel = await write((draft) =>
        rules.createTunnel(draft, writingOf(request), request.body as TunnelBody),
      );
      return ok(shown(request, tunnel), messages);
    },
  );

  app.put(
    path,
    {
      schema: {
        ...of(`Change several ${kind.title} tunnels, all or none; what is left out stays`),
        querystring,
        body: bulkOf(`${name}s`, kind.bodies.change),
        response: answer({ modified: z.boolean(), [`${modified}s`]: z.array(kind.answer) }),
      },
    },
    async (request) => {
      const writing = writingOf(request);
      const tunnels = await write((draft) =>
        rules.changeTunnels(draft, writing, request.body as readonly Change[]),
      );
      const shownOnes = tunnels.map((tunnel) => shown(request, tunnel));
      return ok({ modified: !writing.validateOnly, [`${modified}s`]: shownOnes }, messages);
    },
  );

  app.put(
    one,
    {
      schema: {
        ...ofOne(`Replace ${kind.one}`),
        querystring,
        body: kind.bodies.write,
        response: answer({ modified: z.boolean(), [modified]: kind.answer }),
      },
    },
    async (request) => {
      const writing = writingOf(request);
      const tunnel = await write((draft) =>
        rules.replaceTunnel(draft, writing, idOf(request), request.body as TunnelBody),
      );
      return ok({ modified: !writing.validateOnly, [modified]: shown(request, tunnel) }, messages);
    },
  );

  app.delete(
    one,
    {
      schema: {
        ...ofOne(`Delete ${kind.one}`),
        querystring,
        response: answer({ deleted: z.boolean(), [`deleted_${name}`]: kind.answer }),
      },
    },
    async (request) => {
      const writing = writingOf(request);
      const tunnel = await write((draft) => rules.removeTunnel(draft, writing, idOf(request)));
      return ok({ deleted: !writing.validateOnly, [`deleted_${name}`]: shown(request, tunnel) }, messages);
    },
  );
}
