import { UsageError } from '../config/parse.js';

/** `host_refused` of the API's errors: no credential would help. */
const HOST_REFUSED = 10_403;

/** What a running Offramp answers to a GET. Throws UsageError when there is no answer, or when it is a refusal. */
export async function ask(url: string, token: string): Promise<Record<string, unknown>> {
  const where = url.split('?')[0];
  const request = { headers: { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(5_000) };
  const answer = await fetch(url, request).catch((error: Error) => {
    throw new UsageError(
      `${where} does not answer (${String(error.cause ?? error.message)}); start Offramp, or name it with --api-url`,
    );
  });
  const body = (await answer.json().catch(() => ({}))) as Record<string, unknown>;
  if (answer.ok) return body;
  const [error] = (body.errors ?? []) as readonly { readonly code: number; readonly message: string }[];
  if (answer.status === 403 && error?.code !== HOST_REFUSED)
    throw new UsageError(`${where} refuses the credential; give --api-token`);
  throw new UsageError(`${where} answered ${answer.status}${error ? `: ${error.message}` : ''}`);
}
