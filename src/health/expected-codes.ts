const GRAMMAR = /^\s*(?:\d{3}|\dxx)(?:\s*,\s*(?:\d{3}|\dxx))*\s*$/i;

/** The test that `expected_codes` spells: `200`, a class `2xx`, or a list `200, 302`. Null when it is none of these. */
export function parseExpectedCodes(text: string): ((status: number) => boolean) | null {
  if (!GRAMMAR.test(text)) return null;
  const codes = new Set(text.split(',').map((code) => code.trim().toLowerCase()));
  return (status) => codes.has(String(status)) || codes.has(`${Math.floor(status / 100)}xx`);
}
