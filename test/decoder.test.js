'use strict';

const { loadModelSync } = require('..');
const { tinyAtlas } = require('./fixtures/places');
const { tinyLlama } = require('./fixtures/gguf');
const { pieceVocabulary, vocabularyFile } = require('./fixtures/vocabulary');
const { failure } = require('./fixtures/failure');

/** Tokens in pieces of 1, 2, 3, 1, ... */
function inPieces(decoder, ids) {
  const pieces = [];
  for (let at = 0, length = 1; at < ids.length; at += length, length = (length % 3) + 1)
    pieces.push(decoder.push(ids.slice(at, at + length)));
  return [...pieces, decoder.flush()];
}

test('whole characters, and together the text, however the tokens are cut', () => {
  const model = loadModelSync(tinyAtlas, { vocabOnly: true });
  for (const text of ['', 'Hello , world ! 😀👨‍👩‍👧', '\ufeffnaïve\ufeff', '日本語 <|im_end|>x', '\0\n\n']) {
    const ids = model.tokenize(text, { addSpecial: false, parseSpecial: true });
    const pieces = inPieces(model.decoder(), ids);
    expect(pieces.join('')).toBe(text);
    expect(pieces.join('')).toBe(model.detokenize(ids));
    expect(inPieces(model.decoder({ skipSpecial: true }), ids).join('')).toBe(text.replace('<|im_end|>', ''));
  }
  model.close();
});

test('half a character at the end becomes U+FFFD, and a new text begins', () => {
  const model = loadModelSync(tinyAtlas, { vocabOnly: true });
  const decoder = model.decoder();
  const [first, ...rest] = model.tokenize('😀', { addSpecial: false });
  expect(decoder.push(first)).toBe('');
  expect(decoder.flush()).toBe('\ufffd');
  expect(decoder.push([first, ...rest]) + decoder.flush()).toBe('😀');
  expect(decoder.flush()).toBe('');
  model.close();
});

test('spaces that tokenizing added are not in the text, those that a text goes on with are', () => {
  const model = loadModelSync(vocabularyFile(pieceVocabulary(['▁a', '▁', 'a'])), { vocabOnly: true });
  const [a] = model.tokenize('a', { addSpecial: false });
  expect(model.decoder().push([a, a])).toBe('a a');
  expect(model.decoder({ after: [a] }).push([a, a])).toBe(' a a');
  expect(model.decoder({ after: [a, 2] }).push([a, a])).toBe('a a');
  expect(model.decoder().push([a, 2, a])).toBe('a</s>a');
  const decoder = model.decoder();
  expect(decoder.push(a) + decoder.push(a) + decoder.flush() + decoder.push(a)).toBe('a aa');
  model.close();
});

test('what is generated is what the decoder makes of its tokens behind the prompt', async () => {
  const metadata = pieceVocabulary(['▁a', '▁', 'a', '▁b', 'b']);
  const model = loadModelSync(tinyLlama({ vocab: 270, metadata }), {});
  for (const [seed, prompt] of ['a', 'b a', 'a</s>', ' '].entries()) {
    const options = { maxTokens: 40, temperature: 9, topK: 0, topP: 1, minP: 0, seed, ignoreEos: true };
    const { text, tokens } = await model.generate(prompt, options);
    const before = model.tokenize(prompt, { parseSpecial: true });
    const decoder = model.decoder({ skipSpecial: true, after: before });
    expect(inPieces(decoder, tokens).join('')).toBe(text);
  }
  model.close();
});

test('wrong arguments', () => {
  const model = loadModelSync(tinyAtlas, { vocabOnly: true });
  expect(failure(() => model.decoder({ after: 'x' })).message).toBe(
    'after must be token ids (an array, a Uint32Array, or bytes in a Buffer), got "x"',
  );
  expect(failure(() => model.decoder({ skipSpecial: 0 })).message).toBe('skipSpecial must be a boolean, got 0');
  const decoder = model.decoder();
  expect(failure(() => decoder.push('x')).message).toBe(
    'ids must be token ids (an array, a Uint32Array, or bytes in a Buffer), got "x"',
  );
  expect(failure(() => decoder.push(-1)).message).toBe('ids[0] must be an integer from 0 to 4294967295, got -1');
  expect(failure(() => decoder.push(1536)).code).toBe('E_INVALID_TOKEN');
  model.close();
  expect(failure(() => decoder.push(1)).code).toBe('E_MODEL_CLOSED');
});
