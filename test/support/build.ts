import { execFileSync } from 'node:child_process';

/** Scenario tests run the compiled program, as users do; a stale build would test yesterday's code. */
export function setup(): void {
  execFileSync('npm', ['run', '--silent', 'build', '--', '--if-changed'], { stdio: 'inherit' });
}
