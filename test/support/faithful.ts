import { factFaults, operationAt } from './contract-facts.js';
import { oracle, oracleAbsent } from './oracle.js';

const unfaithful: string[] = [];

/** What was wrong with the answers since the last call. Collected instead of thrown: a test that expects a call to fail must not swallow it. */
export const takeUnfaithful = (): string[] => unfaithful.splice(0);

/**
 * Compares an answer of the API with what Cloudflare says of that operation; the test that is running fails when
 * they differ. Says nothing of operations that are ours alone, of 405, which no
 * operation describes, and of 5xx but for 500, which is a fault in any case.
 */
export function judge(method: string, pathname: string, status: number, body: unknown): void {
  // Whatever a test expects of an answer, it never is that something went wrong in here.
  if (status === 500) unfaithful.push(`${method} ${pathname}: 500 ${JSON.stringify(body)}`);
  if (status >= 500 || status === 405) return;
  const operation = operationAt(method, pathname.replace(/^\/client\/v4/, ''));
  if (operation === undefined) return;
  const faults = [
    ...factFaults(operation, status, body),
    // Where the description itself is at hand, its limits, formats and nulls count as well.
    ...(oracleAbsent === null ? oracle().faults(operation, status, body) : []),
  ];
  for (const fault of faults) {
    unfaithful.push(`${operation} ${status}: ${fault} in ${JSON.stringify(body)?.slice(0, 600)}`);
  }
}

/** `fetch` for clients that take one, with every answer judged. */
export const judgedFetch: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const request = new Request(input, init);
  judge(request.method, new URL(request.url).pathname, response.status, await jsonOf(response.clone()));
  return response;
};

async function jsonOf(response: Response): Promise<unknown> {
  const text = await response.text();
  return text === '' ? undefined : JSON.parse(text);
}
