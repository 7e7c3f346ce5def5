'use strict';

// `npm run docs`: the API reference in docs/api, from the doc comments of the public entries.
//
//   npm run docs             writes it
//   npm run docs -- FOLDER   writes it there

const fs = require('node:fs');
const path = require('node:path');
const { root, must } = require('./steps');

/** The public entries, as they lie in js/: a page each. */
const ENTRIES = ['index.ts', 'host.ts', 'serve/index.ts', 'wasm/index.ts', 'wasi-nn/index.ts'];

/** serve/index.ts -> serve; index.ts -> realm-node */
const nameOf = (entry) => entry.replace(/\/?index\.ts$|\.ts$/, '') || 'realm-node';

const OPTIONS = {
  plugin: ['typedoc-plugin-markdown'],
  tsconfig: path.join(root, 'tsconfig.json'),
  entryFileName: 'index',
  router: 'module',
  readme: 'none',
  excludeInternal: true,
  excludePrivate: true,
  disableSources: true,
  hideBreadcrumbs: true,
  hidePageHeader: true,
  useCodeBlocks: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  propertiesFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  indexFormat: 'table',
  logLevel: 'Warn',
  validation: { notExported: false },
};

async function writeReference(folder) {
  const work = path.join(root, 'build/docs');
  fs.rmSync(work, { recursive: true, force: true });
  fs.mkdirSync(work, { recursive: true });
  const entryPoints = ENTRIES.map((entry) => path.join(root, 'js', entry));
  const given = { ...OPTIONS, entryPoints, basePath: path.join(root, 'js'), out: path.join(work, 'pages') };
  fs.writeFileSync(path.join(work, 'options.json'), JSON.stringify(given));
  await must('docs', process.execPath, [
    'node_modules/typedoc/bin/typedoc',
    '--options',
    path.join(work, 'options.json'),
  ]);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  for (const entry of ENTRIES) {
    const name = nameOf(entry);
    // The page of js/index.ts is not the index of pages.
    const page = name === 'realm-node' ? 'index-1' : name;
    const text = fs
      .readFileSync(path.join(work, 'pages', `${page}.md`), 'utf8')
      .replaceAll('](index-1.md', '](realm-node.md');
    const title = name === 'realm-node' ? '@realm/realm-node' : `@realm/realm-node/${name}`;
    const begin = `# ${title}\n\nWritten by \`npm run docs\` from the doc comments.\n`;
    fs.writeFileSync(path.join(folder, `${name}.md`), text.replace(/^# .*\n/, begin));
  }
}

module.exports = { writeReference };

if (require.main === module)
  writeReference(path.resolve(process.argv[2] ?? path.join(root, 'docs/api'))).catch((error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
