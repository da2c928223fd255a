import { expect, test } from 'vitest';

// The compiled program: the threads are started from files of their own.
const { startOfframp } = await import('../dist/index.js');

test('options are the flags in camelCase; undefined is the default, and close ends everything', async () => {
  const offramp = await startOfframp({
    memory: true,
    json: false,
    port: 0,
    edgePort: 0,
    httpPort: '0',
    httpsPort: '0',
    dnsPort: 0,
    domain: 'by-option.test',
    accountId: undefined,
    apiToken: ['first-token-of-32-characters-or-so', 'second-token-of-32-characters-or-so'],
  });
  expect(offramp.domain).toBe('by-option.test');
  for (const token of ['first-token-of-32-characters-or-so', 'second-token-of-32-characters-or-so']) {
    const answer = await fetch(`${offramp.apiUrl}/accounts`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.status).toBe(200);
  }
  await offramp.close();
  await expect(fetch(`${offramp.apiUrl}/accounts`)).rejects.toThrow();
});

test('what the program would refuse is thrown, with the name of the flag', async () => {
  await expect(startOfframp({ minMonitorInterval: 0 })).rejects.toThrow('--min-monitor-interval is "0"');
  await expect(startOfframp({ nonsense: 1 } as object)).rejects.toThrow('--nonsense');
});
