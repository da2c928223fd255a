import type { DataPlane } from '../../bridge/data-plane.js';
import type { Http } from '../http.js';

/**
 * `POST /tunnel`, which `cloudflared tunnel --quick-service … --url …` asks of the service that lends it a host name. It
 * sends no credential, so there is such a tunnel only where every credential is good. cloudflared shows a refusal only when
 * it is no JSON.
 */
export function quickTunnelRoutes(
  app: Http,
  dataPlane: Pick<DataPlane, 'ask' | 'https'>,
  open: boolean,
): void {
  app.post('/tunnel', { config: { open: true }, schema: { hide: true } }, async (request, reply) => {
    const refuse = (status: number, reason: string) =>
      reply.code(status).type('text/plain').send(`${reason}\n`);
    if (!open)
      return refuse(
        403,
        'This Offramp has no quick tunnels: it knows who may use it (--auth strict). Create a tunnel with a token instead.',
      );
    // A web page cannot send this type elsewhere without being allowed to.
    if (request.headers['content-type'] !== 'application/json')
      return refuse(415, 'Content-Type must be application/json.');
    try {
      const { id, name, hostname, accountTag, secret } = await dataPlane.ask('open_quick_tunnel', null);
      const result = {
        id,
        name,
        hostname: `${hostname}:${dataPlane.https.port}`,
        account_tag: accountTag,
        secret,
      };
      return { success: true, result, errors: [], messages: [] };
    } catch (error) {
      return refuse(503, `No quick tunnel: ${(error as Error).message}`);
    }
  });
}
