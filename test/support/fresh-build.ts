import { spawnSync } from 'node:child_process';

/** Builds what is older than its sources: suites use the service as it is compiled. */
export default function freshBuild(): void {
  const { status } = spawnSync('npm', ['run', '--silent', 'fresh'], { stdio: 'inherit' });
  if (status !== 0) throw new Error('The build failed.');
}
