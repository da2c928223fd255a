/** What went wrong: the status of the response, the code that the page shows, and one sentence. */
interface ShownError {
  readonly status: number;
  readonly code: number;
  readonly text: string;
}

/** The forms of an error: the first whose type the request names among those it accepts. */
const FORMS = [
  { accepted: 'text/html', contentType: 'text/html; charset=utf-8', body: html },
  { accepted: 'application/json', contentType: 'application/json', body: json },
] as const;
const TEXT = { contentType: 'text/plain; charset=utf-8', body: text } as const;

/** An error in the form that the client takes: a page for browsers, JSON for who asks for it, text for everybody else. */
export function errorBody(
  error: ShownError,
  ray: string,
  accept: string,
): { readonly contentType: string; readonly body: string } {
  const wanted = accept.toLowerCase();
  const { contentType, body } = FORMS.find(({ accepted }) => wanted.includes(accepted)) ?? TEXT;
  return { contentType, body: body(error, ray) };
}

function text({ code, text: words }: ShownError, ray: string): string {
  return `error code: ${code}\n${words}\nray: ${ray}\n`;
}

function json({ status, code, text: words }: ShownError, ray: string): string {
  return `${JSON.stringify({ status, error_code: code, message: words, ray_id: ray })}\n`;
}

function html({ status, code, text: words }: ShownError, ray: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Error ${code}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem}small{color:#666}</style>
</head>
<body>
<h1>Error ${code}</h1>
<p>${escapeHtml(words)}</p>
<p><small>error code: ${code} &middot; status: ${status} &middot; ray: ${escapeHtml(ray)}</small></p>
</body>
</html>
`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(words: string): string {
  return words.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
