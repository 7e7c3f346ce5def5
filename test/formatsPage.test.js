'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { root } = require('./fixtures/places');
const { runProgram } = require('./fixtures/child');

test('the JavaScript of docs/formats.md prints what its comments say', async () => {
  const page = fs.readFileSync(path.join(root, 'docs/formats.md'), 'utf8');
  const snippets = [...page.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code).join('');
  const expected = [...snippets.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].map(([, text]) => `${text}\n`);
  expect(expected.length).toBeGreaterThan(10);
  const program = `async function page() {\n${snippets}\n}\npage().catch((error) => { console.log(error); process.exit(1); });`;
  const names = { '@realm/realm-node/models/': `${root}/models/`, '@realm/realm-node': root };
  const here = Object.entries(names).reduce((code, [name, at]) => code.replaceAll(`'${name}`, `'${at}`), program);
  const { stdout, stderr } = await runProgram(process.execPath, ['-e', here]);
  expect({ stdout, stderr }).toEqual({ stdout: expected.join(''), stderr: '' });
});
