#!/usr/bin/env node
// The process edge: arguments, environment, signals. Nothing else in src touches process.*.
// Usage: node src/main.ts [serve | demo | client | import | migrate | verify-audit | config] …
const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(
    `sip-hub needs Node 24 or later; this is ${process.version}.\n` +
      'npm ci brings the right one: start with "npm start" or "npm run sip-hub -- …", which finds it first.\n',
  );
  process.exit(1);
}

const { runCommand } = await import('./cli/run-command.ts');
const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort(signal));

process.exitCode = await runCommand({
  arguments: process.argv.slice(2),
  environment: process.env,
  write: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
  stopping: stopping.signal,
});
// Sockets that a library keeps open must not hold a process that has done its work.
process.exit();
