import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import type { Http } from './http.js';

/** Collects the OpenAPI document from the routes' schemas; register before the routes. Served at `/docs`. */
export async function serveOpenapi(app: Http, version: string): Promise<void> {
  const plain = app as unknown as FastifyInstance;
  await plain.register(swagger, {
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
  plain.addHook('onRoute', (route) => {
    if (route.url.startsWith('/docs')) route.config = { ...route.config, documentation: true };
  });
  await plain.register(swaggerUi, { routePrefix: '/docs' });
}
