'use strict';

const { runScript } = require('./fixtures/child');
const { tinyAtlas } = require('./fixtures/places');

// Memory that is not there is an error of the call that wanted it, and the process goes on. The system's limit on data stands
// for a machine that is full: 700 MB, of which Node and the engine take a part.

const limited = (command) => ['bash', '-c', 'ulimit -d 716800; exec "$@"', 'bash', ...command];

const outcomes = async (calls) => {
  const script = `
    const model = realm.loadModelSync(${JSON.stringify(tinyAtlas)});
    const id = realm.storeModel(${JSON.stringify(tinyAtlas)});
    (async () => {
      for (const call of [${calls.join(', ')}])
        console.log(await (async () => call())().then(() => 'no error', (error) => error.name + ' ' + error.code));
      console.log((await model.generate('The capital of France is')).text);
    })();`;
  return runScript(script, { wrap: limited });
};

const calls = [
  ['ids that are copied, and their text', '() => model.detokenize(new Uint32Array(6e7))'],
  ['a text that is copied, and its ids', "() => model.tokenize('ab '.repeat(6e7))"],
  ['a prompt', '() => model.generate(new Uint32Array(9e7))'],
  ['rows of the embedding', '() => realm.embedTokens(id, new Uint32Array(3e7))'],
  ['rows of a layer', '() => realm.forwardLayer(id, 0, new Float32Array(256 * 4e5), 0)'],
  ['logits of every position', '() => model.logits(new Uint32Array(3e5))'],
  ['more logits than an array holds', '() => model.logits(new Uint32Array(5e7))'],
];

test.each(calls)('%s', async (_, call) => {
  const { code, signal, stdout, stderr } = await outcomes([call]);
  expect({ code, signal, stdout, stderr }).toEqual({
    code: 0,
    signal: null,
    stdout: 'RealmError E_OUT_OF_MEMORY\n Paris.\n',
    stderr: '',
  });
});
