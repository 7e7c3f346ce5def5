'use strict';

const { pathToFileURL } = require('node:url');
const { z } = require('zod');
const { loadModel, RealmError } = require('..');
const { runProgram } = require('./fixtures/child');
const { root, tinyAtlas } = require('./fixtures/places');

let model;
beforeAll(async () => (model = await loadModel(tinyAtlas)));
afterAll(() => model.close());

/** What a promise rejects with. */
const rejection = async (promise) =>
  promise.then(
    () => expect('nothing').toBe('rejected'),
    (error) => error,
  );
const loose = { temperature: 1.5, topK: 0, topP: 1, minP: 0, seed: 3, maxTokens: 80 };
const thing = {
  type: 'object',
  properties: { name: { type: 'string', maxLength: 9 }, size: { type: 'integer', minimum: 0, maximum: 999 } },
  required: ['name', 'size'],
  additionalProperties: false,
};

test('a compiled format says how many tokens it takes and which texts are its, and is a format', async () => {
  for (const compiled of [await model.compileFormat(thing), model.compileFormatSync(thing)]) {
    expect(compiled).toMatchObject({ minTokens: expect.any(Number), warnings: [], checked: true });
    expect(compiled.test('{"name":"x","size":5}')).toBe(true);
    for (const text of ['{"name":"x","size":5000}', '{"name":"x", "size":5}', '{"name":"x","size":5', '', 'é'])
      expect(compiled.test(text)).toBe(false);
    const short = await model.generate('x', { format: compiled, ...loose, maxTokens: compiled.minTokens });
    expect(short.checked).toBe(true);
    expect(compiled.test(short.text)).toBe(true);
    const { text } = await model.generate('x', { format: compiled, ...loose });
    expect(text).toBe((await model.generate('x', { format: thing, ...loose })).text);
    expect(compiled.test(text)).toBe(true);
    const error = await rejection(model.generate('x', { format: compiled, maxTokens: compiled.minTokens - 1 }));
    expect(error).toMatchObject({ code: 'E_INVALID_ARGUMENT' });
  }
});

test('of a structure, texts as they are given: special tokens are written out', () => {
  const compiled = model.compileFormatSync({
    structure: { sequence: [{ text: { without: ['<|im_start|>'] }, maxTokens: 2 }, '<|im_start|>', { json: thing }] },
  });
  expect(compiled.test('<|im_start|>{"name":"","size":0}')).toBe(true);
  expect(compiled.test(' Paris<|im_start|>{"name":"","size":0}')).toBe(true);
  expect(compiled.test('q7#Z~<|im_start|>{"name":"","size":0}')).toBe(false);
  expect(compiled.test('{"name":"","size":0}')).toBe(false);
});

test('white space as it is asked for', async () => {
  const spaced = await model.generate('x', { format: thing, whitespace: 'spaced', ...loose });
  expect(spaced.text).toMatch(/^\{"name": ".*", "size": \d+\}$/);
  const compiled = await model.compileFormat(thing, { whitespace: 'flexible' });
  expect(compiled.test('{ "name":"x",\n"size" : 5}')).toBe(true);
  expect((await model.generate('x', { format: compiled, whitespace: 'compact', ...loose })).text).toMatch(
    /^\{"name":".*","size":\d+\}$/,
  );
});

test('what can not be held is an error, or left out and said so', async () => {
  const format = { type: 'array', items: { type: 'integer' }, uniqueItems: true, maxItems: 3 };
  const error = await rejection(model.compileFormat(format));
  expect(error).toMatchObject({ code: 'E_UNSUPPORTED', message: expect.stringMatching(/^schema #\/uniqueItems: /) });
  const compiled = await model.compileFormat(format, { unsupported: 'ignore' });
  expect(compiled).toMatchObject({
    checked: false,
    warnings: [expect.stringMatching(/^schema #\/uniqueItems: .*ignored/)],
  });
  for (const options of [{ format: compiled }, { format, unsupported: 'ignore' }])
    expect(await model.generate('x', { ...options, ...loose })).toMatchObject({
      checked: false,
      value: expect.any(Array),
    });
});

test('compiling is cancelled by a signal, and keeps no other prompt waiting', async () => {
  // Hard for any way of compiling: ends at the limit of time, or earlier with an error of its own.
  const hard = { type: 'string', pattern: `^(?=.*a.{14}b)(?=.*c.{14}d)(?=.*e.{14}f).{40,60}$`, maxLength: 50 };
  const aborted = new AbortController();
  const waiting = rejection(model.compileFormat(hard, { signal: aborted.signal }));
  aborted.abort(new Error('enough'));
  const outcome = (i) =>
    model.generate('x', { format: { ...hard, minLength: i }, maxTokens: 60 }).then(
      ({ text }) => text,
      (error) => error,
    );
  const slow = [1, 2, 3].map(outcome);
  expect((await model.generate('The capital of France is')).text).toBe(' Paris.');
  expect((await waiting).message).toBe('enough');
  for (const one of await Promise.all(slow)) expect(typeof one === 'string' || one instanceof RealmError).toBe(true);
});

describe('schemas of libraries', () => {
  const zod = z.object({ name: z.string().max(9), size: z.int().min(0).max(999), tag: z.enum(['a', 'b']).optional() });

  test('Zod: what it takes is generated, and what it makes of that is the value', async () => {
    const { value } = await model.generate('x', { format: zod, ...loose });
    expect(zod.parse(value)).toEqual(value);
    const length = z.object({
      name: z
        .string()
        .max(5)
        .transform((name) => name.length),
    });
    const made = await model.generate('x', { format: length, ...loose });
    expect(made.value).toEqual({ name: JSON.parse(made.text).name.length });
    const compiled = await model.compileFormat(length);
    expect((await model.generate('x', { format: compiled, ...loose })).value).toEqual(made.value);
  });

  test('ArkType, which is an ES module', async () => {
    const program = `
      import { type } from 'arktype';
      import { loadModelSync } from ${JSON.stringify(pathToFileURL(root + '/index.js').href)};
      const model = loadModelSync(process.argv[1]);
      const format = type({ name: 'string <= 9', size: '0 <= number.integer < 1000' });
      const { value } = await model.generate('x', { format, ...${JSON.stringify(loose)} });
      console.log(format.allows(value), Object.keys(value).join());
      model.close();`;
    const { stdout, stderr } = await runProgram(process.execPath, ['--input-type=module', '-e', program, tinyAtlas], {
      cwd: root,
    });
    expect({ stdout, stderr }).toEqual({ stdout: 'true name,size\n', stderr: '' });
  });

  test('a check that no JSON Schema says refuses the value; there is what was generated', async () => {
    const format = z.object({ size: z.int().min(0).max(9) }).refine(() => false, 'never good');
    const error = await rejection(model.generate('x', { format, ...loose }));
    expect(error).toMatchObject({
      code: 'E_VALUE',
      message: 'the schema refuses the value: never good',
      cause: [expect.objectContaining({ message: 'never good' })],
      partial: { text: expect.stringMatching(/^\{"size":\d\}$/) },
    });
  });

  test.each([
    [
      { '~standard': { version: 1, vendor: 'valibot', validate() {} } },
      /^format is a schema of "valibot" that does not tell its JSON Schema/,
    ],
    [z.bigint(), /^format can't be said as a JSON Schema: /],
  ])('%#', async (format, message) => {
    expect(await rejection(model.generate('a', { format }))).toMatchObject({
      code: 'E_INVALID_ARGUMENT',
      message: expect.stringMatching(message),
    });
  });
});

/** Whether a value may still become another: strings and lists grow, members come. */
function mayBecome(partial, whole) {
  if (typeof partial === 'string') return typeof whole === 'string' && whole.startsWith(partial);
  if (Array.isArray(partial)) return Array.isArray(whole) && partial.every((item, i) => mayBecome(item, whole[i]));
  if (typeof partial === 'object' && partial !== null)
    return Object.entries(partial).every(([name, item]) => name in whole && mayBecome(item, whole[name]));
  return Object.is(partial, whole);
}

test('partial: chunks have what is sure of the value', async () => {
  const value = {
    a: ['x"\\\u0001é😀 {[,:]}', { 'n"{': -12.5e-3, t: true, f: false, z: null }, [], {}, [[1, 2], 'end']],
    b: '',
    c: { d: 'long '.repeat(30), e: 10 },
  };
  const seen = [];
  const generation = model.generate('x', { format: { const: value }, partial: true, maxTokens: 500 });
  for await (const chunk of generation) seen.push(chunk.value);
  expect((await generation).value).toEqual(value);
  expect(seen.at(-1)).toEqual(value);
  for (const [i, one] of seen.entries()) {
    if (one !== undefined) expect(mayBecome(one, value)).toBe(true);
    expect(i === 0 || seen[i - 1] === undefined || mayBecome(seen[i - 1], one)).toBe(true);
  }
  // The job waits for this thread at every token: its chunks are not put together.
  const logitsProcessor = () => {};
  for (const seed of [1, 2, 3, 4]) {
    const free = model.generate('x', { format: 'json', partial: true, ...loose, seed, logitsProcessor });
    const values = [];
    for await (const chunk of free) values.push(chunk.value);
    const { value: whole, tokens } = await free;
    if (tokens.length > 2) expect(values.length).toBeGreaterThan(1);
    for (const one of values) if (one !== undefined) expect(mayBecome(one, whole)).toBe(true);
  }
  expect(await rejection(model.generate('x', { format: { regex: 'a' }, partial: true }))).toMatchObject({
    code: 'E_INVALID_ARGUMENT',
  });
});

test('what the format leaves no choice about is not sampled, and is the tokenizer’s', async () => {
  const run = (options) => model.generate('x', { format: thing, ...loose, ...options });
  const plain = await run({});
  const asked = await run({ logprobs: true });
  expect(asked.tokens).toEqual(plain.tokens);
  expect((await run({ speculation: false })).tokens).toEqual(plain.tokens);
  const forced = asked.logprobs.filter((record) => record.forced);
  expect(forced.length).toBeGreaterThan(3);
  const begin = model.tokenize('{"name":"', { addSpecial: false });
  const known = asked.logprobs.findIndex((record) => !record.forced);
  expect(known).toBeGreaterThan(0);
  expect(plain.tokens.slice(0, known)).toEqual(begin.slice(0, known));
  const together = await Promise.all([1, 2, 3, 4].map((seed) => run({ seed })));
  for (const [i, { tokens }] of together.entries()) expect((await run({ seed: i + 1 })).tokens).toEqual(tokens);
});

test('what is longer than the engine reads is refused before it is copied', async () => {
  const long = 'x'.repeat((4 << 20) + 1);
  for (const [format, name] of [
    [{ gbnf: `root ::= "${long}"` }, 'format.gbnf'],
    [{ regex: long }, 'format.regex'],
    [{ choice: [long] }, 'format.choice'],
    [{ enum: [long] }, 'format'],
  ]) {
    const error = await rejection(model.compileFormat(format));
    expect(error).toMatchObject({ code: 'E_LIMIT', message: expect.stringMatching(`^${name} has \\d+ characters`) });
  }
});

test('half of a surrogate pair is no text that could have been generated', async () => {
  const compiled = await model.compileFormat({ type: 'string' });
  for (const text of ['"\ud800"', '"\udc00"', '"\udc00\ud800"', '"x\ud83dy"']) expect(compiled.test(text)).toBe(false);
  expect(compiled.test('"\ud83d\ude42"')).toBe(true);
});
