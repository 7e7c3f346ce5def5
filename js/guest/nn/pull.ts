import type { GuestGeneration, LocalGenerateOptions } from '../generate';
import type { LocalModel } from '../local';
import type { Quota } from '../../portable/guest/quota';
import type { NnOptions } from './metadata';

/** Tokens generated ahead of the guest at most. */
const MOST_AHEAD = 32;

/**
 * A generation that the guest pulls, a token at a time. Between two pulls nothing runs and nothing waits, since a guest may
 * never come back; so tokens are made ahead, one at first, then ever more, and each batch begins by reading all ids so far
 * (which is cheap beside generating, and gives the same bits). Only without a temperature is the text that of `compute`.
 */
export class Pull {
  readonly prompt: Uint32Array;
  readonly options: LocalGenerateOptions & { maxTokens: number; seed: bigint };
  /** Bytes of the last token: it may be a part of a character. */
  piece: Uint8Array = new Uint8Array();
  readonly #model: LocalModel;
  readonly #quota: Quota;
  readonly #stop: string | undefined;
  #ids: number[];
  #ahead: number[] = [];
  #batch = 1;
  #ended = false;

  constructor(model: LocalModel, quota: Quota, prompt: string, options: NnOptions) {
    this.#model = model;
    this.#quota = quota;
    this.prompt = model.encode(prompt);
    this.#ids = [...this.prompt];
    const most = options['n-predict'] ?? -1;
    this.#stop = options['reverse-prompt'];
    this.options = {
      maxTokens: most > 0 ? most : model.info.contextLength,
      temperature: options.temp ?? 0,
      topP: options['top-p'] ?? 1,
      topK: options['top-k'] ?? 0,
      minP: options['min-p'] ?? 0,
      repeatPenalty: options['repeat-penalty'] ?? 1,
      seed: BigInt(options.seed !== undefined && options.seed >= 0 ? options.seed : 0),
      stop: this.#stop === undefined ? [] : [this.#stop],
      ignoreEos: false,
      ...(options.format !== undefined && { format: options.format }),
    };
  }

  /** What has been handed out so far. */
  get state(): GuestGeneration {
    const tokens = Uint32Array.from(this.#ids.slice(this.prompt.length));
    const { length: promptTokens } = this.prompt;
    return { text: '', tokens, finishReason: 'stop', promptTokens, tokenCount: tokens.length };
  }

  /** The whole text at once. */
  all(): GuestGeneration {
    return this.#generate(this.prompt, this.options);
  }

  next(): 'more' | 'end' | 'full' {
    this.piece = new Uint8Array();
    if (this.#ahead.length === 0) {
      const count = this.#ids.length - this.prompt.length;
      if (this.#ended || count >= this.options.maxTokens) return 'end';
      if (this.#ids.length >= this.#model.info.contextLength) return 'full';
      this.#make(count);
    }
    const token = this.#ahead.shift();
    if (token === undefined) return 'end';
    this.#ids.push(token);
    const given = this.#ids.slice(this.prompt.length);
    if (this.#stop !== undefined && Buffer.from(this.#model.decode(Uint32Array.from(given))).includes(this.#stop)) {
      [this.#ended, this.#ahead] = [true, []];
      return 'end';
    }
    this.piece = this.#model.decode(Uint32Array.of(token));
    return 'more';
  }

  #make(count: number): void {
    const left = this.options.maxTokens - count;
    const options = {
      ...this.options,
      // A format is kept to from its beginning to its end.
      maxTokens: this.options.format === undefined ? Math.min(this.#batch, left) : left,
      seed: this.options.seed + BigInt(count), // another one for each batch, or all would be drawn alike
    };
    this.#batch = Math.min(this.#batch * 2, MOST_AHEAD);
    const { tokens, finishReason } = this.#generate(Uint32Array.from(this.#ids), options);
    this.#ahead = [...tokens];
    if (finishReason !== 'stop' && this.options.format === undefined) return;
    this.#ended = true;
    // The token that ended it is nobody's to see.
    if (this.#model.info.tokenizer?.endIds.includes(tokens.at(-1) ?? -1)) this.#ahead.pop();
  }

  #generate(prompt: Uint32Array, options: LocalGenerateOptions & { maxTokens: number }): GuestGeneration {
    const wanted = { maxTokens: options.maxTokens, isHeld: options.format !== undefined };
    return this.#quota.generate(
      this.#model,
      () => prompt.length,
      wanted,
      (limits, count) =>
        this.#model.generate(prompt, { ...options, ...limits }, (_, tokens) => {
          count(tokens);
          return true;
        }),
    );
  }
}
