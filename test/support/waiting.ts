/** Asks again and again until it is true; throws with the last answer's error after `limitMs`, a guard against hanging. */
export async function eventually(ask: () => Promise<boolean> | boolean, limitMs = 100_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await ask())) {
    if (Date.now() > end) throw new Error(`still not so after ${limitMs} ms: ${ask}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
