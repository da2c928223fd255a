import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RouteOptions,
} from 'fastify';
import { createJsonSchemaTransform, createJsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { Http } from './http.js';
import type { OpenapiDocument } from './openapi/document.js';
import type { Identifiers } from './openapi/examples.js';
import { keepFlags } from './openapi/patterns.js';

export interface DocumentOptions {
  readonly version: string;
  /** Where the document is shown: which account and zone are there at the start, and whether every credential is good. */
  readonly shown?: {
    readonly accountId: string;
    readonly zoneId: string;
    readonly anyCredential: boolean;
  };
}

declare module 'fastify' {
  interface FastifyInstance {
    /** The OpenAPI document of what is served. */
    openapi(): Promise<object>;
  }
}

/**
 * Serves the OpenAPI document of the routes, and a page that shows it, at `/docs`; register before the routes. Both take libraries and an
 * instance of their own, which are loaded and made when the first request asks for them.
 */
export function serveOpenapi(app: Http, options: DocumentOptions): void {
  const plain = app as unknown as FastifyInstance;
  const routes: RouteOptions[] = [];
  let made: Promise<FastifyInstance> | undefined;
  const documentation = () => {
    made ??= makeDocumentation(routes, options);
    return made;
  };
  plain.addHook('onRoute', (route) => void routes.push(route));
  plain.decorate('openapi', async () => (await documentation()).swagger());
  const answer = async ({ url, headers }: FastifyRequest, reply: FastifyReply) => {
    const page = await (await documentation()).inject({ url, headers: pick(headers, ASKED) });
    if (page.statusCode === 404) return reply.callNotFound();
    return reply.code(page.statusCode).headers(pick(page.headers, ANSWERED)).send(page.rawPayload);
  };
  for (const url of ['/docs', '/docs/*'])
    plain.get(url, { config: { documentation: true }, schema: { hide: true } }, answer);
}

/** Headers of requests and of answers that pass between the page's instance and the client; the rest belongs to a connection. */
const ASKED = ['if-none-match', 'if-modified-since', 'range'] as const;
const ANSWERED = [
  'content-type',
  'cache-control',
  'etag',
  'last-modified',
  'accept-ranges',
  'content-range',
  'location',
] as const;

function pick(headers: Readonly<Record<string, unknown>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
  );
}

/** What a person puts into the box behind "Authorize". */
const credentialText = (any: boolean) =>
  any
    ? 'To try an operation, press **Authorize** and paste anything under `token`, for example `docs`: this server takes every credential (`--auth any`).'
    : 'To try an operation, press **Authorize** and paste a token under `token`: the one of `--api-token`, or one that was made through the API and may do it.';

/** An instance that only knows what each route takes and answers, with the page at `/docs`. */
async function makeDocumentation(
  routes: readonly RouteOptions[],
  { version, shown }: DocumentOptions,
): Promise<FastifyInstance> {
  const [{ default: swagger }, { default: swaggerUi }, { forClients }] = await Promise.all([
    import('@fastify/swagger'),
    import('@fastify/swagger-ui'),
    import('./openapi/for-clients.js'),
  ]);
  const app = Fastify({ exposeHeadRoutes: false, routerOptions: { maxParamLength: 512 } });
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => JSON.stringify);
  const zodToJsonConfig = { override: keepFlags };
  const ofRoutes = createJsonSchemaTransform({ zodToJsonConfig });
  const complete = createJsonSchemaTransformObject({ zodToJsonConfig });
  const own: Identifiers = shown ? { account_id: shown.accountId, zone_id: shown.zoneId } : {};
  const credential = shown && credentialText(shown.anyCredential);
  await app.register(swagger, {
    openapi: {
      openapi: '3.0.3',
      info: {
        title: 'Offramp',
        contact: { name: 'Whoever runs this Offramp' },
        version,
        description: [
          "The parts of Cloudflare's Load Balancing and Zero Trust networking API that Offramp serves.",
          ...(credential ? [credential] : []),
        ].join('\n\n'),
        license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      },
      servers: [{ url: '/client/v4' }],
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer', description: credential ?? 'A token of the API.' },
          email: { type: 'apiKey', in: 'header', name: 'X-Auth-Email' },
          key: { type: 'apiKey', in: 'header', name: 'X-Auth-Key' },
        },
      },
      security: [{ token: [] }, { email: [], key: [] }],
    },
    // What is hidden otherwise: a page for people, and what cloudflared alone calls.
    transform: ({ schema, url, ...rest }) =>
      ofRoutes({ schema: url.startsWith('/_offramp/') ? { ...schema, hide: false } : schema, url, ...rest }),
    transformObject: (document) =>
      forClients(complete(document) as unknown as OpenapiDocument, own) as object,
  });
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    uiConfig: { persistAuthorization: true, docExpansion: 'none', displayOperationId: true, filter: true },
  });
  for (const { method, url, schema, config } of routes) {
    if (method === 'HEAD' || url.startsWith('/docs')) continue;
    app.route({
      method,
      url,
      ...(schema && { schema }),
      ...(config && { config }),
      handler: () => undefined,
    });
  }
  await app.ready();
  return app;
}
