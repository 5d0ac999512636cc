// Stops with a clear message on a Node older than 24, before any TypeScript is read (an older Node cannot even load it).
// Loaded by the npm scripts with --import. Plain JavaScript that any Node can run; refuses nothing else.
import process from 'node:process';

const major = Number(process.versions.node.split('.')[0]);

if (major < 24) {
  process.stderr.write(
    `sip-hub needs Node 24 or later; this is Node ${process.versions.node} (${process.execPath}).\n` +
      'Run it through npm (npm start, npm run demo, npm run sip-hub -- …): `npm ci` brings Node 24 along.\n' +
      'If you installed with --ignore-scripts, install again without it.\n',
  );
  process.exit(1);
}
