'use strict';

// Files of sessions with bytes changed, cut off or put in: loading one is E_SESSION_FILE or gives the session that was saved, never another one.

const fs = require('node:fs');
const realm = require('../..');
const { tinyAtlas } = require('../fixtures/places');

const PROMPT = 'The capital of France is';

async function state(r, folder) {
  const path = `${folder}/session`;
  const model = realm.loadModelSync(tinyAtlas, { cacheType: r.of(['f16', 'q8_0', 'f32']) });
  try {
    const session = model.createSession();
    await session.generate(PROMPT, { maxTokens: 1 + r.below(40), ignoreEos: true, temperature: 0 });
    await session.save(path);
    const bytes = fs.readFileSync(path);
    for (let i = 0; i < 1 + r.below(4); i++) {
      // The header is where sizes are.
      const at = r.below(r.chance(70) ? Math.min(bytes.length, 112) : bytes.length);
      bytes[at] = r.of([0, 1, 0x7f, 0x80, 0xff, bytes[at] ^ (1 << r.below(8))]);
    }
    const cut = r.chance(20) ? r.below(bytes.length) : bytes.length;
    fs.writeFileSync(
      path,
      r.chance(10) ? Buffer.concat([bytes, Buffer.alloc(1 + r.below(5000))]) : bytes.subarray(0, cut),
    );
    const other = model.createSession();
    const tokens = [...session.tokens];
    await other.restore(path);
    if (JSON.stringify([...other.tokens]) !== JSON.stringify(tokens))
      throw new Error('a changed file became another session');
    return 'the same';
  } finally {
    model.close();
  }
}

module.exports = { state };
