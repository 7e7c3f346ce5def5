'use strict';

// `npm run paris [-- model.gguf]`: sets up what is missing, then runs examples/paris.js.

const { build, cold } = require('./build');

async function main() {
  if (cold())
    process.stdout.write('Building Realm. The first time takes a few minutes; after that this starts at once.\n');
  await build([]);
  require('../examples/paris.js'); // reads argv[2] itself: npm hands it to this script
}

main().catch((error) => {
  process.stderr.write(`\n${error.message}\n`);
  process.exitCode = 1;
});
