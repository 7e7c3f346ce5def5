'use strict';

const path = require('node:path');
const { runProgram } = require('./fixtures/child');
const { root, tinyAtlas } = require('./fixtures/places');

// Our models in frameworks, through the frameworks' own packages.

async function report(fixture) {
  const program = path.join(root, 'test/fixtures', fixture);
  const { stdout, stderr, code } = await runProgram(process.execPath, [program, tinyAtlas], { cwd: root });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return JSON.parse(stdout);
}

test('the AI SDK: text, streams, objects, tools, embeddings, abort', async () => {
  const found = await report('aiSdk.mjs');
  expect(found.whole).toMatchObject({ finishReason: 'stop', modelId: 'atlas', text: expect.stringContaining('Paris') });
  expect(found.whole.usage.inputTokens).toBeGreaterThan(0);
  expect(found.whole.usage.outputTokens).toBeGreaterThan(0);
  expect(found.streamed).toBe(found.whole.text);
  expect(found.parts).toEqual(['start', 'start-step', 'text-start', 'text-delta', 'text-end', 'finish-step', 'finish']);
  expect(found.object).toEqual({ city: expect.stringMatching(/^(Paris|Oslo)$/), sure: expect.any(Boolean) });
  expect(found.toolCalls).toEqual([{ toolName: 'weather', input: { city: expect.stringMatching(/^(Paris|Oslo)$/) } }]);
  expect(found.calls).toEqual([found.toolCalls[0].input]);
  expect(found.calledReason).toBe('tool-calls');
  expect(found.aborted).toBe('abort');
  expect(found.embedding).toEqual({ length: expect.any(Number), tokens: expect.any(Number) });
  expect(found.unknown).toEqual({ code: 'E_MODEL_NOT_FOUND', message: 'no model "nobody"; there is "atlas"' });
});

test('LangChain: invoke, stream, batch, structured output, tools, embeddings, abort', async () => {
  const found = await report('langchain.js');
  expect(found.answer.content).toContain('Paris');
  expect(found.answer).toMatchObject({ reason: 'stop', usage: { input_tokens: expect.any(Number) } });
  expect(found.chunks).toBeGreaterThan(2);
  expect(found.streamed).toMatchObject({
    content: found.answer.content,
    usage: { total_tokens: found.answer.usage.total_tokens },
  });
  expect(found.batch).toHaveLength(2);
  expect(found.stop).not.toContain('Paris');
  expect(found.structured).toEqual({ city: expect.stringMatching(/^(Paris|Oslo)$/) });
  expect(found.raw).toEqual({ parsed: found.structured, raw: found.structured });
  expect(found.calls).toEqual([{ name: 'weather', args: found.structured, type: 'tool_call', hasId: true }]);
  expect(found.streamedCalls).toEqual([{ name: 'weather', args: found.structured }]);
  expect(found.after).toBe('string');
  expect(found.aborted).toMatch(/Abort/);
  expect(found.embeddings).toEqual({ length: expect.any(Number), same: true });
});
