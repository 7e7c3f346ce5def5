import { createHash } from 'node:crypto';
import type { ChatMessage } from '../chat/conversation';
import { modelTemplate } from '../chat/modelTemplate';
import { renderChatSegments } from '../chat/renderChatSegments';
import { renderChatTemplate } from '../chat/renderChatTemplate';
import { binding } from '../engine/binding';
import { invalid, show, type Bytes } from '../engine/check';
import { fromNative, native } from '../engine/errors';
import { filePath, isUrl } from '../engine/source';
import type { ChatFormat } from '../chat/format/types';
import { handleOf, Model, toldFormatOf, type ModelInfo } from '../model/model';
import { chatIds } from '../model/prompt';
import { checkGenerateOptions } from '../options/generate';
import { RealmError, type RealmErrorCode } from '../portable/errors';
import type {
  EngineChat,
  EngineModel,
  EngineSampler,
  GenerationLimits,
  GuestModelInfo,
  ModelOpener,
  OnPiece,
} from '../portable/guest/engine';
import { GuestFault } from '../portable/guest/faults';
import { generate, type GuestGeneration, type LocalGenerateOptions } from './generate';

// Read with the first chat.
const chats = () => require('./chat') as typeof import('./chat'); // eslint-disable-line @typescript-eslint/no-require-imports

/** A model that a guest may use: a path, a `file:` URL, the bytes of a GGUF file, an id of `storeModel`, or an open model. */
export type ModelSource = string | URL | Bytes | number | Model;

/** The models that guests may ask for, by the names they use. Names are looked up here and nowhere else: none becomes a path. */
export type AllowedModels = Readonly<Record<string, ModelSource>>;

/**
 * @param isAway whether they are for another thread, in which no open model can be
 * @throws RealmError E_INVALID_ARGUMENT: what no model can be opened of
 */
export function checkModels(models: AllowedModels | undefined, isAway = false): AllowedModels {
  if (models === undefined) return {};
  if (typeof models !== 'object' || models === null) throw invalid(`models must be an object, got ${show(models)}`);
  for (const [name, source] of Object.entries(models) as [string, unknown][]) {
    if (source instanceof Model) {
      if (isAway)
        throw invalid(`models.${name} is an open model, which stays in its thread: give its path, or its bytes`);
    } else if (
      !(typeof source === 'string' || Number.isInteger(source) || isUrl(source)) &&
      !/^\[object (Uint8Array|(Shared)?ArrayBuffer)\]$/.test(Object.prototype.toString.call(source))
    )
      throw invalid(
        `models.${name} must be a path, a URL, bytes, an id of storeModel or an open model, got ${show(source)}`,
      );
  }
  return models;
}

/** The engine's numbers: `stored` of the sequence, `handle` of the model (tokenizer and generation). */
interface Opened {
  stored: number;
  handle: bigint;
}

const give = ({ stored, handle }: Opened): void => {
  try {
    binding.removeModel(stored);
  } catch {
    // Somebody removed it: it is gone, as wished.
  }
  binding.closeModel(handle);
};
const forgotten = new FinalizationRegistry<Opened>(give);

function open(source: ModelSource): Opened {
  if (source instanceof Model) {
    const stored = native(() => binding.storeOwn(handleOf(source)));
    return { stored, handle: native(() => binding.openStored(stored, 0)) };
  }
  const handle = native(() => {
    if (typeof source === 'number') return binding.openStored(source, 0);
    const from =
      typeof source === 'string' || isUrl(source)
        ? filePath(source)
        : source instanceof Uint8Array || Object.prototype.toString.call(source) === '[object Uint8Array]'
          ? (source as Uint8Array)
          : new Uint8Array(source as ArrayBuffer);
    return binding.openModel(from, '');
  });
  try {
    return { stored: native(() => binding.storeOwn(handle)), handle };
  } catch (error) {
    binding.closeModel(handle);
    throw error;
  }
}

/** A guest's model in this process. */
export class LocalModel implements EngineModel {
  readonly info: ModelInfo & GuestModelInfo;
  readonly chatFormat: Partial<ChatFormat> | undefined;
  readonly #opened: Opened;

  constructor(source: ModelSource) {
    this.chatFormat = source instanceof Model ? toldFormatOf(source) : undefined;
    const opened = open(source);
    try {
      this.info = JSON.parse(native(() => binding.describeModel(opened.handle))) as ModelInfo & GuestModelInfo;
    } catch (error) {
      give(opened);
      throw error;
    }
    this.#opened = opened;
    forgotten.register(this, opened, this);
  }

  /** What the engine calls its sequence. */
  get stored(): number {
    return this.#opened.stored;
  }

  get handle(): bigint {
    return this.#opened.handle;
  }

  storedInfo(): { tensor_count: number; total_size: number } {
    return native(() => binding.getModelInfo(this.stored));
  }

  tensor(name: string, most = Infinity): Float32Array {
    const bytes = native(() => binding.tensorElements(this.stored, name)) * 4;
    if (bytes > most) throw new GuestFault('TOO_SMALL', `out: ${bytes} bytes are needed, there is room for ${most}`);
    return new Float32Array(native(() => binding.getTensor(this.stored, name)));
  }

  embedInto(ids: Uint32Array, out: Float32Array): void {
    native(() => binding.embedTokensInto(this.stored, ids, out));
  }

  forwardInto(layer: number, count: number, hidden: Float32Array, position: number, out: Float32Array): void {
    try {
      // Often 30 times a token: without a closure.
      binding.forwardLayerInto(this.#opened.stored, layer, hidden, position, out);
      for (let next = layer + 1; next < layer + count; next++)
        binding.forwardLayerInto(this.#opened.stored, next, out, position, out);
    } catch (error) {
      throw fromNative(error);
    }
  }

  logitsInto(hidden: Float32Array, out: Float32Array): void {
    const { hiddenSize } = this.info;
    if (hidden.length !== hiddenSize)
      throw new GuestFault('INVALID_ARGUMENT', `Invalid hidden_state length: ${hidden.length} != ${hiddenSize}`);
    native(() => binding.computeLogitsInto(this.stored, hidden, out));
  }

  reset(): void {
    const old = this.stored;
    this.#opened.stored = native(() => binding.storeOwn(this.handle));
    native(() => binding.removeModel(old));
  }

  encode(text: string): Uint32Array {
    return new Uint32Array(native(() => binding.tokenize(this.handle, text, 2, true)));
  }

  decode(ids: Uint32Array): Uint8Array {
    return new Uint8Array(native(() => binding.detokenizeBytes(this.handle, ids, 1)));
  }

  decodeNext(ids: Uint32Array, state: Uint32Array): Uint8Array {
    return new Uint8Array(native(() => binding.detokenizeNext(this.handle, ids, true, state)));
  }

  renderChat(messages: unknown, given: Record<string, unknown>): string {
    const { source, options } = modelTemplate(this.info, given, 'chat');
    return renderChatTemplate(source, messages as ChatMessage[], options);
  }

  encodeChat(messages: unknown, given: Record<string, unknown>): Uint32Array {
    const { source, options } = modelTemplate(this.info, given, 'chat');
    return chatIds(
      this.handle,
      this.info.tokenizer?.bosId,
      renderChatSegments(source, messages as ChatMessage[], options),
    );
  }

  sampler(options: Record<string, unknown>): EngineSampler {
    const { json } = checkGenerateOptions(options);
    const model = this.handle;
    const sampler = native(() => binding.openSampler(model, json));
    return {
      accept: (ids) => native(() => binding.acceptTokens(model, sampler, ids)),
      choose: (logits) => native(() => binding.chooseToken(model, sampler, logits)),
      close: () => {
        try {
          binding.closeSampler(model, sampler);
        } catch {
          // It has ended with its model.
        }
      },
    };
  }

  generate(prompt: string | Uint32Array, options: LocalGenerateOptions, onPiece: OnPiece): GuestGeneration {
    return generate(this, prompt, options, onPiece);
  }

  generateWith(
    prompt: string,
    options: Record<string, unknown>,
    own: GenerationLimits & { mostBytes?: number },
    onPiece: OnPiece,
  ): GuestGeneration {
    return generate(this, prompt, { ...options, ...own }, onPiece);
  }

  chat(messages: unknown, options: Record<string, unknown>): EngineChat {
    return chats().chat(this, messages, options);
  }

  close(): void {
    forgotten.unregister(this);
    give(this.#opened);
  }
}

/** The models of this process that a guest may have. */
export class LocalModels implements ModelOpener<LocalModel> {
  readonly #allowed: Map<string, ModelSource>;

  constructor(allowed?: AllowedModels) {
    this.#allowed = new Map(Object.entries(checkModels(allowed)));
  }

  allow(models: AllowedModels): void {
    for (const [name, source] of Object.entries(checkModels(models))) this.#allowed.set(name, source);
  }

  named(name: string): LocalModel {
    const source = this.#allowed.get(name);
    if (source === undefined)
      throw new GuestFault('MODEL_NOT_FOUND', `the host allows no model named ${JSON.stringify(name)}`);
    try {
      return new LocalModel(source);
    } catch (cause) {
      // Where the file is, and what is wrong with it, is for the host alone: onError gets the cause.
      const { code } = cause as { code?: unknown };
      if (typeof code !== 'string' || !code.startsWith('E_')) throw cause;
      const message = `the model ${JSON.stringify(name)} cannot be opened (${code})`;
      throw new RealmError(code as RealmErrorCode, message, { cause });
    }
  }

  bytes(gguf: Uint8Array): LocalModel {
    return new LocalModel(gguf);
  }

  contentOf(gguf: Uint8Array): string {
    return createHash('sha256').update(gguf).digest('hex');
  }
}
