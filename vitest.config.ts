// How the tests run: Node, a process per file (each PGlite takes some 400 MB), two at a time.
// Suites named *.postgres.test.ts need a real PostgreSQL: they take part only when DATABASE_URL is set (.ci/run sets it).
import { configDefaults, defineConfig } from 'vitest/config';

const withPostgres = process.env['DATABASE_URL'] !== undefined && process.env['DATABASE_URL'] !== '';

export default defineConfig({
  test: {
    environment: 'node',
    pool: 'forks',
    maxWorkers: 2,
    globalSetup: 'test/temp-in-memory.ts',
    // PGlite's code is compiled anew in each process: most end before what V8's optimizing compiler does for it has paid.
    execArgv: ['--liftoff-only'],
    include: [
      'src/**/*.test.ts',
      'test/**/*.test.ts',
      'profiles/**/*.test.ts',
      'docs/**/*.test.ts',
      'bench/**/*.test.ts',
    ],
    exclude: [...configDefaults.exclude, 'test/browser/**', ...(withPostgres ? [] : ['**/*.postgres.test.ts'])],
    // The first opening of PGlite takes up to 6 s on a quiet machine and several times that on a busy one.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ['default'],
  },
});
