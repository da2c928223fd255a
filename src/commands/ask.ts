import { UsageError } from '../config/parse.js';

/** What a running Offramp answers to a GET. Throws UsageError when there is no answer, or when it is a refusal. */
export async function ask(url: string, token: string): Promise<Record<string, unknown>> {
  const where = url.split('?')[0];
  const request = { headers: { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(5_000) };
  const answer = await fetch(url, request).catch((error: Error) => {
    throw new UsageError(
      `${where} does not answer (${String(error.cause ?? error.message)}); start Offramp, or name it with --api-url`,
    );
  });
  if (answer.status === 403) throw new UsageError(`${where} refuses the credential; give --api-token`);
  const body = (await answer.json().catch(() => ({}))) as Record<string, unknown>;
  if (answer.ok) return body;
  const [error] = (body.errors ?? []) as readonly { readonly message: string }[];
  throw new UsageError(`${where} answered ${answer.status}${error ? `: ${error.message}` : ''}`);
}
