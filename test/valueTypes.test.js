'use strict';

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { root } = require('./fixtures/places');
const { runProgram } = require('./fixtures/child');

// The type of a result's value is that of its format.

const PROGRAM = `
  import type { Model } from '@realm/realm-node';
  import { z } from 'zod';
  import { type } from 'arktype';

  type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
  const same = <A, B>(_: Same<A, B>): void => {};

  export async function values(model: Model) {
    const object = await model.generate('x', { format: {
      type: 'object',
      properties: {
        name: { type: 'string' }, size: { type: 'integer' }, tag: { enum: ['a', 'b', 3] }, one: { const: 'one' },
        list: { type: 'array', items: { $ref: '#/$defs/item' } }, maybe: { type: ['boolean', 'null'] },
        way: { anyOf: [{ type: 'string' }, { type: 'object', properties: { x: { type: 'number' } }, required: ['x'] }] },
      },
      required: ['name', 'list', 'way'],
      $defs: { item: { type: 'object', additionalProperties: { type: 'number' } } },
    } });
    same<typeof object.value, {
      name: string; list: Record<string, number>[]; way: string | { x: number };
      size?: number; tag?: 'a' | 'b' | 3; one?: 'one'; maybe?: boolean | null;
    }>(true);

    const pair = await model.generate('x', { format: { type: 'array', prefixItems: [{ type: 'string' }, { type: 'null' }], items: false, minItems: 2 } });
    same<typeof pair.value, [string, null]>(true);
    const all = await model.generate('x', { format: { allOf: [
      { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
      { type: 'object', properties: { b: { type: 'number' } }, required: ['b'] },
    ] } });
    same<typeof all.value, { a: string; b: number }>(true);

    const choice = await model.generate('x', { format: { choice: ['Paris', 'Rome'] } });
    same<typeof choice.value, 'Paris' | 'Rome'>(true);
    const pattern = await model.generate('x', { format: { regex: '[a-z]+' } });
    same<typeof pattern.value, string>(true);
    const tree = await model.generate('x', { format: { structure: { sequence: ['a', { text: { without: [] } }] } } });
    same<typeof tree.value, string>(true);
    const going = await model.createSession().generate('x', { format: { choice: ['Paris', 'Rome'] }, n: 1 });
    same<typeof going.value, 'Paris' | 'Rome'>(true);
    const many = await model.generate('x', { format: { choice: ['Paris', 'Rome'] }, n: 2 });
    same<NonNullable<typeof many.choices>[number]['value'], 'Paris' | 'Rome'>(true);
    const json = await model.generate('x', { format: 'json' });
    same<typeof json.value, unknown>(true);
    const none = await model.generate('x', { maxTokens: 1 });
    same<typeof none.value, undefined>(true);

    const zod = await model.generate('x', { format: z.object({ a: z.string().optional(), n: z.string().transform((s) => s.length) }) });
    same<typeof zod.value, { a?: string | undefined; n: number }>(true);
    const ark = await model.generate('x', { format: type({ a: 'string', 'b?': '0 < number.integer < 9' }) });
    same<typeof ark.value, { a: string; b?: number }>(true);

    const compiled = await model.compileFormat(z.object({ a: z.int() }));
    const again = await model.generate('x', { format: compiled });
    same<typeof again.value, { a: number }>(true);

    // A schema that is not known when this is compiled.
    const loose = await model.generate('x', { format: JSON.parse('{}') as Record<string, unknown> });
    same<typeof loose.value, unknown>(true);
    // @ts-expect-error: no format
    model.generate('x', { format: 7 });
    // @ts-expect-error: no text
    same<typeof choice.value, string>(true);
  }
`;

let folder;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'realm-values-'));
  fs.mkdirSync(path.join(folder, 'node_modules/@realm'), { recursive: true });
  fs.symlinkSync(root, path.join(folder, 'node_modules/@realm/realm-node'));
  for (const name of ['zod', 'arktype', '@ark', '@types', 'undici-types', 'arkregex'])
    if (fs.existsSync(path.join(root, 'node_modules', name)))
      fs.symlinkSync(path.join(root, 'node_modules', name), path.join(folder, 'node_modules', name));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

// ArkType 2.2 and Zod 4 want a newer compiler than the oldest that this package supports.
test.each(['typescript'])('%s', async (compiler) => {
  fs.writeFileSync(path.join(folder, 'a.mts'), PROGRAM);
  const compilerOptions = {
    ...{ module: 'nodenext', lib: ['es2022'], types: ['node'], target: 'es2022' },
    ...{ strict: true, skipLibCheck: true, noEmit: true, preserveSymlinks: true },
  };
  fs.writeFileSync(path.join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['a.mts'] }));
  const tsc = path.join(root, 'node_modules', compiler, 'bin/tsc');
  const { code, stdout } = await runProgram(process.execPath, [tsc, '-p', folder, '--pretty', 'false']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
});
