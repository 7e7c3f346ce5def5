'use strict';

// Everything a stranger's file can come through, and what came of it: a code or 'ok' for each way. What is no RealmError, and E_INTERNAL, is a
// defect and thrown.

const fs = require('node:fs');
const realm = require('../..');
const { createRealmImports } = require('../../dist/wasm');
const { clock } = require('./clock');

const GUEST_BYTES = 2 << 20;
const PAGE = 65536;

async function codeOf(work) {
  try {
    await work();
    return 'ok';
  } catch (error) {
    const known = error instanceof realm.RealmError && error.code !== 'E_INTERNAL' && error.message.length > 20;
    // eslint-disable-next-line no-control-regex
    if (!known || /[\x00-\x09\x0b-\x1f\x7f]/.test(error.message)) throw error;
    if (error.message.length > 4096)
      throw new Error(`a message of ${error.message.length} characters`, { cause: error });
    return error.code;
  }
}

const MESSAGES = [{ role: 'user', content: 'hi' }];

async function use(model, kind) {
  if (kind === 'chat') {
    model.applyChatTemplate(MESSAGES);
    model.tokenizeChat(MESSAGES);
  }
  if (model.info.tokenizer) model.detokenize(model.tokenize('Hello <a> wörld'));
  const logits = await model.logits([1, 2, 3]);
  await model.generate([1, 2, 3], { maxTokens: 2, temperature: 0 });
  return logits;
}

async function load(source, options, kind) {
  let logits;
  const code = await codeOf(async () => {
    const model = await realm.loadModel(source, options);
    try {
      logits = await use(model, kind);
    } finally {
      model.close();
    }
  });
  return { code, logits };
}

function store(source) {
  const id = realm.storeModel(source);
  try {
    realm.getModelInfo(id);
    realm.getTensor(id, 'blk.0.attn_q.weight');
    const hidden = realm.embedTokens(id, [1]);
    realm.computeLogits(id, realm.forwardLayer(id, 0, hidden, 0));
  } finally {
    realm.removeModel(id);
  }
}

/** A guest hands the bytes over: numbers come back, whatever they are. */
function guest(bytes) {
  const memory = new WebAssembly.Memory({ initial: GUEST_BYTES / PAGE + 2 });
  new Uint8Array(memory.buffer).set(bytes);
  const { env, close } = createRealmImports({ memory, models: {}, mayStore: true });
  try {
    const id = env.realm_store_model(0, bytes.length, 0);
    const at = GUEST_BYTES;
    const codes = [id];
    if (id > 0) {
      codes.push(env.realm_get_model_info(id, at, at + 8));
      codes.push(env.realm_embed_tokens(id, at, 1, at + 64));
      codes.push(env.realm_forward_layer(id, 0, at + 64, 32, 0, at + 1024));
    }
    for (const code of codes) if (!Number.isInteger(code)) throw new Error(`a guest was given ${String(code)}`);
  } finally {
    close?.();
  }
}

/** All ways, each timed and its memory measured: { code, codes, slowest, memory }. */
async function attempt({ kind, bytes }, { path, base }, peak = { reset() {}, megabytes: () => 0 }) {
  fs.writeFileSync(path, bytes);
  const codes = {};
  let slowest = 0;
  let memory = 0;
  const time = async (way, work) => {
    peak.reset();
    const passed = clock();
    codes[way] = await work();
    slowest = Math.max(slowest, passed());
    memory = Math.max(memory, peak.megabytes());
  };
  let packed;
  let mapped;
  const [source, options] = kind === 'lora' ? [base, { lora: [{ path }] }] : [path, {}];
  await time('load', async () => (packed = await load(source, { ...options, threads: 2 }, kind)).code);
  await time(
    'mapped',
    async () =>
      (mapped = await load(kind === 'lora' ? base : bytes, { ...options, threads: 1, weights: 'mapped' }, kind)).code,
  );
  await time('store', () => codeOf(() => store(path)));
  await time('storeBytes', () => codeOf(() => store(bytes)));
  await time('vocabOnly', () =>
    codeOf(async () => {
      const model = await realm.loadModel(path, { vocabOnly: true });
      try {
        await model.verify();
      } finally {
        model.close();
      }
    }),
  );
  if (realm.inspectModel) await time('inspect', () => codeOf(() => realm.inspectModel(path)));
  if (bytes.length <= GUEST_BYTES) await time('guest', () => codeOf(() => guest(bytes)));
  // What is packed is looked at whole, what is mapped as far as it is used.
  if (packed.code !== mapped.code && packed.code !== 'E_NUMERIC')
    throw new Error(`packed: ${packed.code}, mapped: ${mapped.code}`);
  if (packed.logits && Buffer.compare(Buffer.from(packed.logits.buffer), Buffer.from(mapped.logits.buffer)) !== 0)
    throw new Error('packed and mapped differ');
  return { code: packed.code, codes, slowest, memory };
}

module.exports = { attempt };
