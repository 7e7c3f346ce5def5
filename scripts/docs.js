'use strict';

// `npm run docs`: the API reference in docs/api, from the doc comments of the public entries.
//
//   npm run docs             writes it
//   npm run docs -- FOLDER   writes it there

const fs = require('node:fs');
const path = require('node:path');
const { root, must } = require('./steps');

/** The public entries, as they lie in js/: a page each. */
const ENTRIES = [
  'index.ts',
  'openai/index.ts',
  'adapters/ai/index.ts',
  'adapters/langchain/index.ts',
  'host.ts',
  'component.ts',
  'serve/index.ts',
  'wasm/index.ts',
  'wasi-nn/index.ts',
];

/** What TypeDoc calls an entry: adapters/ai/index.ts -> adapters/ai; the first one stands beside its index of all. */
const moduleOf = (entry) => entry.replace(/\/?index\.ts$|\.ts$/, '') || 'index-1';
/** The last part of the name by which it is imported. */
const nameOf = (entry) => (entry === 'index.ts' ? 'realm-node' : moduleOf(entry).replace('adapters/', ''));

/** A link to an entry's page as TypeDoc writes it, from wherever. */
const linkTo = (entry) =>
  new RegExp(`\\]\\((?:\\.\\./)*${moduleOf(entry).replace('adapters/', '(?:adapters/)?')}\\.md`, 'g');

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
    // Links go from page to page: here all of them lie in one folder.
    const text = ENTRIES.reduce(
      (page, other) => page.replace(linkTo(other), `](${nameOf(other)}.md`),
      fs.readFileSync(path.join(work, 'pages', `${moduleOf(entry)}.md`), 'utf8'),
    );
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
