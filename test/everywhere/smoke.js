'use strict';

// What every runtime must do: the same text from four generations at once, an abort, the layers one by one, a chat, a session's, an
// embedding, and an end by itself. Prints one line; a difference is an error. Run by scripts/everywhere.js.

const assert = require('node:assert');
const realm = require('@realm/realm-node');

const PROMPT = 'The capital of France is';

async function main() {
  const path = 'node_modules/@realm/realm-node/models/tiny-atlas-q4_k_m.gguf'; // no require.resolve: bundlers would follow it
  const model = await realm.loadModel(path);
  const texts = await Promise.all([1, 2, 3, 4].map(() => model.generate(PROMPT, { maxTokens: 24 })));
  assert(
    texts.every(({ text }) => text === texts[0].text && text.includes('Paris')),
    JSON.stringify(texts),
  );

  let streamed = '';
  for await (const { text } of model.generate(PROMPT, { maxTokens: 24 })) streamed += text;
  assert.equal(streamed, texts[0].text);

  const controller = new AbortController();
  const aborted = model.generate(PROMPT, { maxTokens: Infinity, ignoreEos: true, signal: controller.signal });
  setTimeout(() => controller.abort(), 20);
  await assert.rejects(async () => aborted, { name: 'AbortError' });

  const id = 7;
  realm.storeModel(path, id);
  const { layers } = model.info;
  const ids = model.tokenize(PROMPT, { asPrompt: true });
  let hidden = realm.embedTokens(id, ids);
  for (let layer = 0; layer < layers; layer++) hidden = realm.forwardLayer(id, layer, hidden, 0);
  assert.equal(realm.computeLogits(id, hidden.slice(-model.info.hiddenSize * 4)).byteLength, model.info.vocabSize * 4);
  realm.removeModel(id);
  assert.throws(() => realm.loadModelSync('/nowhere.gguf'), { code: 'E_IO' });
  const question = 'What is the capital of Japan?';
  const chat = model.chat([{ role: 'user', content: question }]);
  let said = '';
  for await (const delta of chat) if (delta.type === 'content') said += delta.text;
  const { content } = await chat;
  assert.equal(said, content);
  assert.equal((await model.createSession().chat(question)).content, content);
  const [vector] = await model.embed([PROMPT]);
  assert.equal(vector.length, model.info.embeddingSize);
  model.close();
  console.log(JSON.stringify({ text: texts[0].text, chat: content, vector: vector[0] }));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
