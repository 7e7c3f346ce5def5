import { binding, type JobEvent } from '../engine/binding';
import { abortSignal, text as checkText } from '../engine/check';
import { native } from '../engine/errors';
import { startJob } from '../engine/job';
import {
  formatOf,
  noteCompiled,
  unsupportedOf,
  whitespaceOf,
  type NativeFormat,
  type Unsupported,
  type Whitespace,
} from '../options/format';
import type { CompiledFormatLike } from '../options/structure';
import { readOptions, refuseCallbacks, type Table } from '../options/table';

export interface CompileFormatOptions {
  /** As in `generate`. */
  whitespace?: Whitespace;
  /** As in `generate`. */
  unsupported?: Unsupported;
  /** Ends compiling: it rejects with the signal's reason. */
  signal?: AbortSignal;
}

const OPTIONS = {
  whitespace: whitespaceOf,
  unsupported: unsupportedOf,
  signal: (_, value) => abortSignal(value),
} satisfies Table;

/** A format that is compiled for a model: `generate` takes it as `format`. Made by `model.compileFormat`. */
export class CompiledFormat<Value = unknown> implements CompiledFormatLike<Value> {
  /** So many tokens suffice for a whole text; `maxTokens` must not be less. */
  readonly minTokens: number;
  /** What the schema says that is not checked, each with its place. */
  readonly warnings: readonly string[];
  /** Whether all that the format says is held to; false only with `unsupported: 'ignore'`. */
  readonly checked: boolean;
  /** Of the types only. */
  declare readonly value?: Value;
  readonly #model: () => bigint;
  readonly #json: string;

  /** @internal */
  constructor(model: () => bigint, format: NativeFormat, json: string, description: string) {
    this.#model = model;
    this.#json = json;
    const { minTokens, warnings, checked } = JSON.parse(description) as CompiledFormat;
    this.minTokens = minTokens;
    this.warnings = Object.freeze(warnings);
    this.checked = checked;
    noteCompiled(this, format);
    Object.freeze(this);
  }

  /** Whether a generation with this format could give exactly this text. */
  test(text: string): boolean {
    checkText('text', text);
    const model = this.#model();
    // Half of a surrogate pair is no character: on its way to the engine it would become another.
    if (/[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/.test(text)) return false;
    return native(() => binding.testText(model, this.#json, text));
  }
}

function read(call: string, format: unknown, options: CompileFormatOptions | undefined) {
  const { here } = readOptions(call, {}, OPTIONS, options);
  const given = formatOf('format', format) ?? formatOf('format', null);
  const { whitespace = given?.whitespace, unsupported = given?.unsupported, signal } = here;
  const compiled = { ...given, whitespace, unsupported } as NativeFormat;
  return { compiled, json: JSON.stringify(compiled), signal };
}

/** @internal `Model.compileFormat`. */
export async function compileFormat(
  model: () => bigint,
  format: unknown,
  options: CompileFormatOptions | undefined,
): Promise<CompiledFormat> {
  const { compiled, json, signal } = read('compileFormat', format, options);
  const handle = model();
  const start = (event: (news: JobEvent) => void) => binding.compileFormatStart(handle, json, event);
  await startJob({ kind: 'format', model: handle }, start, signal).end;
  return new CompiledFormat(
    model,
    compiled,
    json,
    native(() => binding.compileFormat(model(), json)),
  );
}

/** @internal `Model.compileFormatSync`. */
export function compileFormatSync(
  model: () => bigint,
  format: unknown,
  options: CompileFormatOptions | undefined,
): CompiledFormat {
  refuseCallbacks('compileFormatSync', options, ['signal']);
  const { compiled, json } = read('compileFormatSync', format, options);
  return new CompiledFormat(
    model,
    compiled,
    json,
    native(() => binding.compileFormat(model(), json)),
  );
}
