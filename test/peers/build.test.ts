import { afterEach, expect, test, vi } from 'vitest';
import { build } from './build.ts';
import { goProgram } from './go-program.ts';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

test('does not fail where there is no Go, and says so', () => {
  vi.stubEnv('PATH', '/nonexistent');
  const said = vi.spyOn(console, 'error').mockReturnValue();
  build(goProgram({ name: 'never-built', folder: import.meta.dirname, sources: [] }));
  expect(said.mock.calls.join()).toMatch(/never-built was NOT built.*\n.*There is no `go` on the PATH/);
});
