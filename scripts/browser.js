'use strict';

// `npm run browser [-- model.gguf ...]`: sets up what is missing, then serves examples/browser.

const { build } = require('./build');

async function main() {
  await build([]);
  const { start } = require('../examples/browser/server');
  const host = await start(process.argv.slice(2), Number(process.env.REALM_PORT ?? 8080));
  process.stdout.write(`Open ${host.url}/#token=${host.token}\n(Ctrl-C ends it.)\n`);
  process.once('SIGINT', () => void host.close().then(() => process.exit(0)));
}

main().catch((error) => {
  process.stderr.write(`\n${error.message}\n`);
  process.exitCode = 1;
});
