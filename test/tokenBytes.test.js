'use strict';

const { loadModelSync } = require('..');
const { tinyAtlas } = require('./fixtures/places');
const { tinyLlama } = require('./fixtures/gguf');
const { byteVocabulary, pieceVocabulary, vocabularyFile } = require('./fixtures/vocabulary');
const { failure } = require('./fixtures/failure');

const bytesOf = (model, ids) => Buffer.concat([...ids].map((id) => model.tokenBytes(id)));

test('the bytes of a text’s tokens are the text', () => {
  const model = loadModelSync(tinyAtlas, { vocabOnly: true });
  const text = 'naïve 😀 . ? ! 日本語\n';
  const ids = model.tokenize(text, { addSpecial: false });
  expect(bytesOf(model, ids).toString()).toBe(text);
  expect(model.tokenBytes(ids[0])).toBeInstanceOf(Uint8Array);
  expect(Buffer.from(model.tokenBytes(1)).toString()).toBe('<|im_start|>');
  expect(model.tokenBytes(1, { skipSpecial: true })).toHaveLength(0);
  model.close();
});

test('a space that a piece begins with is the token’s', () => {
  const model = loadModelSync(vocabularyFile(pieceVocabulary(['▁a', '▁', 'a'])), { vocabOnly: true });
  const ids = model.tokenize('a', { addSpecial: false });
  expect(bytesOf(model, ids).toString()).toBe(' a');
  expect(model.detokenize(ids)).toBe('a');
  model.close();
});

test('ids that only a padded model has are nothing, others are refused', () => {
  for (const vocabOnly of [true, false]) {
    const model = loadModelSync(tinyLlama({ vocab: 300, metadata: byteVocabulary(['<|im_end|>']) }), { vocabOnly });
    expect(model.tokenBytes(257)).toHaveLength(0);
    expect(model.detokenize([257, 97, 299])).toBe('a');
    for (const call of [() => model.tokenBytes(300), () => model.detokenize([300])]) {
      expect(failure(call)).toMatchObject({
        code: 'E_INVALID_TOKEN',
        message: 'token 300 at index 0 is not in the vocabulary of 300',
      });
    }
    model.close();
  }
});

test('wrong arguments', () => {
  const model = loadModelSync(tinyAtlas, { vocabOnly: true });
  for (const id of [-1, 1.5, '1', null])
    expect(failure(() => model.tokenBytes(id))).toMatchObject({
      code: 'E_INVALID_ARGUMENT',
      message: expect.stringContaining('must be an integer from 0 to 4294967295'),
    });
  expect(failure(() => model.tokenBytes(1, { skipSpecial: 1 })).message).toBe('skipSpecial must be a boolean, got 1');
  model.close();
  expect(failure(() => model.tokenBytes(1)).code).toBe('E_MODEL_CLOSED');
});
