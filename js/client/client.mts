import { Answer } from './answer.mjs';
import { known } from './error.mjs';
import { given, type Reply, type Transport } from './wire.mjs';

export interface ModelOptions {
  /** A name from the host's list. Default: the first. */
  model?: string;
  signal?: AbortSignal;
}

/** As `model.generate` of the package has them, and exactly one of `prompt`, `messages`, `tokens`. */
export interface GenerateOptions extends ModelOptions {
  prompt?: string;
  /** A conversation, for the model's own template. */
  messages?: readonly { role: string; content: string }[];
  tokens?: ArrayLike<number>;
  maxTokens?: number;
  temperature?: number;
  topK?: number;
  topP?: number;
  minP?: number;
  repeatPenalty?: number;
  seed?: number;
  stop?: string | readonly string[];
  ignoreEos?: boolean;
}

const NAMES = ['model', 'signal'];
const GENERATE_NAMES = [
  ...['prompt', 'messages', 'tokens', 'maxTokens', 'temperature', 'topK', 'topP', 'minP', 'repeatPenalty', 'seed'],
  ...['stop', 'ignoreEos'],
];
const never = new AbortController().signal;

/** A connection to a host. Made by `connect`. */
export class Client {
  #transport: () => Promise<Transport>;
  #current: Transport;

  /** @internal `again` opens a new way when the old one has broken off. */
  constructor(transport: Transport & { open?: boolean }, again: () => Promise<Transport>) {
    let closed = false;
    this.#current = transport;
    this.#transport = async () => {
      const { open } = this.#current as { open?: boolean };
      if (open === false && !closed) this.#current = await again();
      return this.#current;
    };
    this.close = () => {
      closed = true;
      this.#current.close();
    };
  }

  /** How the host is reached: `websocket` or `fetch`. */
  get transport(): Transport['kind'] {
    return this.#current.kind;
  }

  async #call(name: string, params: Record<string, unknown>, signal: AbortSignal = never): Promise<Reply> {
    signal.throwIfAborted();
    return (await this.#transport()).call(name, given(params), signal);
  }

  /** Names of the models that the host serves. */
  async models(): Promise<string[]> {
    return (await this.#call('models', {})).data.models as string[];
  }

  async health(): Promise<{ status: string; models: string[]; requests: number }> {
    return (await this.#call('health', {})).data as { status: string; models: string[]; requests: number };
  }

  /** What the model is: the fields of `model.info` of the package. */
  async metadata(options: ModelOptions = {}): Promise<Record<string, unknown>> {
    const { model, signal } = known('metadata', options, NAMES);
    return (await this.#call('metadata', { model }, signal)).data;
  }

  async tokenize(
    text: string,
    options: ModelOptions & { addSpecial?: boolean; parseSpecial?: boolean } = {},
  ): Promise<Uint32Array> {
    const { model, signal, ...how } = known('tokenize', options, [...NAMES, 'addSpecial', 'parseSpecial']);
    const params = { model, text, add_special: how.addSpecial, parse_special: how.parseSpecial };
    return Uint32Array.from((await this.#call('tokenize', params, signal)).data.tokens as number[]);
  }

  async detokenize(tokens: ArrayLike<number>, options: ModelOptions & { skipSpecial?: boolean } = {}): Promise<string> {
    const { model, signal, skipSpecial } = known('detokenize', options, [...NAMES, 'skipSpecial']);
    const params = { model, tokens: Array.from(tokens), skip_special: skipSpecial };
    return (await this.#call('detokenize', params, signal)).data.text as string;
  }

  /** The logits at every position: float32 (tokens, vocabulary), bit for bit what the host computed. */
  async logits(tokens: ArrayLike<number>, options: ModelOptions = {}): Promise<Float32Array> {
    const { model, signal } = known('logits', options, NAMES);
    const { floats } = await this.#call('logits', { model, tokens: Array.from(tokens) }, signal);
    return floats ?? new Float32Array(0);
  }

  /** Continues a prompt or a conversation. Loop over the result for the text as it comes, or await it for the whole. */
  generate(asked: GenerateOptions): Answer {
    const { signal, ...options } = known('generate', asked, [...NAMES, ...GENERATE_NAMES]);
    const params = given({
      model: options.model,
      prompt: options.prompt,
      messages: options.messages,
      tokens: options.tokens && Array.from(options.tokens),
      max_tokens: options.maxTokens,
      temperature: options.temperature,
      top_k: options.topK,
      top_p: options.topP,
      min_p: options.minP,
      repeat_penalty: options.repeatPenalty,
      seed: options.seed,
      stop: options.stop,
      ignore_eos: options.ignoreEos,
    });
    return new Answer(
      async (cancelled, onToken) => (await this.#transport()).call('generate', params, cancelled, onToken),
      signal,
    );
  }

  /** Ends everything under way with `E_CONNECTION`. */
  readonly close: () => void;
}
