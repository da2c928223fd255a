/** The demo talks to its own Offramp as anybody would: over the REST API. */
// biome-ignore lint/suspicious/noExplicitAny: the demo reads a few members of many shapes.
export type ApiClient = (method: string, path: string, body?: unknown) => Promise<any>;

export const DEMO_EMAIL = 'user@example.com';
export const DEMO_KEY = '144c9defac04969c7bfad8efaa8ea194';

export function apiClient(apiUrl: string): ApiClient {
  return async (method, path, body) => {
    const response = await fetch(apiUrl + path, {
      method,
      headers: { 'Content-Type': 'application/json', 'X-Auth-Email': DEMO_EMAIL, 'X-Auth-Key': DEMO_KEY },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const answer = (await response.json()) as {
      success: boolean;
      result: unknown;
      errors: { code: number; message: string }[];
    };
    if (!answer.success) {
      const [error] = answer.errors;
      throw new Error(`${method} ${path} answered ${response.status}: ${error?.code} ${error?.message}`);
    }
    return answer.result;
  };
}
