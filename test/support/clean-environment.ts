/** The environment of a test's child process: nothing of the person's own settings. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env).filter(
    ([name]) => !/^(OFFRAMP|CLOUDFLARE|TUNNEL|DATABASE)_/.test(name),
  );
  return Object.fromEntries(entries);
}
