import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type RouteOptions,
} from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { Http } from './http.js';

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
export function serveOpenapi(app: Http, version: string): void {
  const plain = app as unknown as FastifyInstance;
  const routes: RouteOptions[] = [];
  let made: Promise<FastifyInstance> | undefined;
  const documentation = () => {
    made ??= makeDocumentation(routes, version);
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

/** An instance that only knows what each route takes and answers, with the page at `/docs`. */
async function makeDocumentation(routes: readonly RouteOptions[], version: string): Promise<FastifyInstance> {
  const [{ default: swagger }, { default: swaggerUi }] = await Promise.all([
    import('@fastify/swagger'),
    import('@fastify/swagger-ui'),
  ]);
  const app = Fastify({ exposeHeadRoutes: false, routerOptions: { maxParamLength: 512 } });
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => JSON.stringify);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Offramp',
        version,
        description:
          "The parts of Cloudflare's Load Balancing and Zero Trust networking API that Offramp serves.",
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/client/v4' }],
      components: {
        securitySchemes: {
          token: { type: 'http', scheme: 'bearer' },
          email: { type: 'apiKey', in: 'header', name: 'X-Auth-Email' },
          key: { type: 'apiKey', in: 'header', name: 'X-Auth-Key' },
        },
      },
      security: [{ token: [] }, { email: [], key: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  await app.register(swaggerUi, { routePrefix: '/docs' });
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
