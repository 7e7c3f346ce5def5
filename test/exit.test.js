'use strict';

const { runScript } = require('./fixtures/child');
const { tinyAtlas } = require('./fixtures/places');

// A process may end at any moment, whatever the engine is doing: with the exit code that it would have had, soon, in silence.

const MODEL = JSON.stringify(tinyAtlas);
const busy = (then) => `
  const note = () => require('node:fs').writeSync(1, String(Date.now()));
  (async () => {
    const model = await realm.loadModel(${MODEL});
    const endless = () => model.generate('The capital of France is', { ignoreEos: true, maxTokens: 500 });
    const forever = async () => { for (;;) await endless(); };
    forever(); forever();
    for await (const chunk of endless()) { ${then} }
  })();`;

test.each([
  ['process.exit', 'process.exit(7)', { code: 7, signal: null }],
  ['an uncaught exception', "throw new Error('mine')", { code: 1, signal: null }],
  ['SIGTERM', "process.kill(process.pid, 'SIGTERM'); await new Promise(() => {})", { code: null, signal: 'SIGTERM' }],
  ['SIGINT', "process.kill(process.pid, 'SIGINT'); await new Promise(() => {})", { code: null, signal: 'SIGINT' }],
  [
    'process.exit in a timer',
    'setTimeout(() => process.exit(3), 5); await new Promise(() => {})',
    { code: 3, signal: null },
  ],
  [
    "process.exit in an 'exit' handler's company",
    "process.on('exit', () => model.close()); process.exit(4)",
    { code: 4, signal: null },
  ],
])('%s in the middle of three generations', async (_, then, expected) => {
  for (let i = 0; i < 3; i++) {
    const { code, signal, stdout, ended } = await runScript(busy(`note(); ${then}`));
    expect({ code, signal }).toEqual(expected);
    expect(stdout).toMatch(/^\d{13}$/); // the time, and nothing else
    expect(ended - Number(stdout)).toBeLessThan(2000); // 200 ms for the engine; the rest is a busy machine's
  }
});

test('during a load, during logits, with a model open and nothing running', async () => {
  const scripts = [
    `realm.loadModel(${MODEL}); setImmediate(() => process.exit(5));`,
    `realm.loadModel(${MODEL}).then((model) => { model.logits(new Uint32Array(500)); setImmediate(() => process.exit(5)); });`,
    `realm.loadModelSync(${MODEL}); process.exitCode = 5;`,
    `realm.storeModel(${MODEL}); process.exitCode = 5;`,
  ];
  for (const script of scripts) {
    expect(await runScript(script)).toMatchObject({ code: 5, signal: null, stdout: '', stderr: '' });
  }
});

// Both the caller's thread and the first one of the engine come to what .NET makes when it is first needed.
test('the first thread starts beside the call that starts it', async () => {
  const script = `realm.loadModel(${MODEL}).then((model) => model.close());`;
  for (let i = 0; i < 30; i++)
    expect(await runScript(script)).toMatchObject({ code: 0, signal: null, stdout: '', stderr: '' });
});

test('a generation under way keeps the process alive to its end, then nothing does', async () => {
  const { code, stdout, stderr } = await runScript(
    `realm.loadModel(${MODEL}).then((model) => model.generate('The capital of France is')).then(({ text }) => console.log(text));`,
  );
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: ' Paris.\n', stderr: '' });
});

test('at random moments', async () => {
  const runs = Array.from({ length: 12 }, (_, i) => `setTimeout(() => process.exit(9), ${i * 9}); ${busy('')}`);
  for (const script of runs) expect(await runScript(script)).toMatchObject({ code: 9, signal: null, stderr: '' });
});

test('signals and their handlers stay Node’s', async () => {
  const { code, stdout } = await runScript(`
    const model = realm.loadModelSync(${MODEL});
    process.on('SIGUSR2', () => { console.log('mine'); process.exit(0); });
    (async () => { await model.generate('The capital of France is'); process.kill(process.pid, 'SIGUSR2'); setInterval(() => {}, 1000); })();
  `);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'mine\n' });
});

test('WebAssembly traps are still caught after the engine is loaded', async () => {
  // (module (memory 1) (func (export "f") (param i32) (result i32) local.get 0 i32.load))
  const bytes = '0061736d0100000001060160017f017f030201000503010001070501016600000a0901070020002802000b';
  const { code, stdout, stderr } = await runScript(`
    realm.loadModelSync(${MODEL});
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(Buffer.from('${bytes}', 'hex')));
    let caught = 0;
    for (let i = 0; i < 1000; i++) try { exports.f(0x7ffffff0); } catch (error) { caught += error instanceof WebAssembly.RuntimeError; }
    console.log(caught);
  `);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '1000\n', stderr: '' });
});
