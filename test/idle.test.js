'use strict';

const { runScript } = require('./fixtures/child');
const { tinyAtlas } = require('./fixtures/places');

// Nothing spins when there is nothing to do. In a process of its own, by the processor time that the system counts for it.

const SECOND = 1000;
const SETTLED = 50; // milliseconds after the last token in which threads may still look for work

/** Milliseconds of processor time in an idle second, after each kind of work: a thread that spins takes hundreds, even on a busy machine. */
const SCRIPT = `
  const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const idle = async () => {
    await pause(${SETTLED});
    const before = process.cpuUsage();
    await pause(${SECOND});
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  };
  (async () => {
    const taken = {};
    const model = await realm.loadModel(${JSON.stringify(tinyAtlas)}, { threads: 3 });
    taken.loaded = await idle();
    await model.generate('The capital of France is', { ignoreEos: true, maxTokens: 64 });
    taken.generated = await idle();
    await Promise.all([1, 2, 3].map(() => model.generate('The capital of France is', { ignoreEos: true, maxTokens: 64 })));
    await model.logits([1, 2, 3]);
    taken.together = await idle();
    const left = model.generate('The capital of France is', { ignoreEos: true, maxTokens: Infinity });
    for await (const chunk of left) if (chunk.tokens.length) break;
    taken.cancelled = await idle();
    model.close();
    taken.closed = await idle();
    console.log(JSON.stringify(taken));
  })();
`;

test('an idle second takes no processor time', async () => {
  const { code, stdout, stderr } = await runScript(SCRIPT);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const [after, milliseconds] of Object.entries(JSON.parse(stdout))) {
    expect({ after, idle: milliseconds < 40 ? 'idle' : `${milliseconds} ms` }).toEqual({ after, idle: 'idle' });
  }
});
