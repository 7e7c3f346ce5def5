import type {
  EngineModel,
  GenerationLimits,
  GuestAnswer,
  GuestGenerateOptions,
  GuestModelInfo,
  ModelOpener,
  OnPiece,
} from '../portable/guest/engine.js';
import { GuestFault } from '../portable/guest/faults.js';
import type { Channel } from './channel.mjs';
import { RealmError } from './error.mjs';
import type { Reply } from './wire.mjs';

/** What `open_session` answers. */
interface Opened {
  session: string;
  model: string;
  layers: number;
  hidden_size: number;
  vocab_size: number;
  context_length: number;
  tensor_count: number;
  total_size: number;
  bos_id: number | null;
  metadata: {
    config: Record<'num_heads' | 'num_kv_heads' | 'intermediate_size' | 'rope_theta' | 'rms_norm_eps', number | null>;
    architecture: string | null;
    eos_token_id: number | null;
    end_token_ids: number[];
    has_tokenizer: boolean;
  };
  limits: { message_bytes: number; answer_bytes: number };
}

/** What a request's JSON takes at most beside its numbers. */
const HEAD_BYTES = 1024;

/** A guest's model behind a host: a session there is its key/value cache. */
export class RemoteModel implements EngineModel {
  readonly info: GuestModelInfo;
  readonly #channel: Channel;
  readonly #opened: Opened;

  constructor(channel: Channel, name: string) {
    this.#channel = channel;
    this.#opened = channel.call('open_session', { model: name }).data as unknown as Opened;
    const { metadata, bos_id: bosId, ...opened } = this.#opened;
    const { config } = metadata;
    this.info = {
      ...{ layers: opened.layers, hiddenSize: opened.hidden_size, vocabSize: opened.vocab_size },
      ...{ contextLength: opened.context_length, headCount: config.num_heads, kvHeadCount: config.num_kv_heads },
      ...{ feedForwardSize: config.intermediate_size, ropeTheta: config.rope_theta, normEpsilon: config.rms_norm_eps },
      architecture: metadata.architecture,
      tokenizer: metadata.has_tokenizer
        ? { bosId, eosId: metadata.eos_token_id, endIds: metadata.end_token_ids }
        : null,
    };
  }

  #call(name: string, params: Record<string, unknown>, floats?: Float32Array): Reply {
    return this.#channel.call(name, { session: this.#opened.session, ...params }, floats);
  }

  /** The numbers of an answer, of which there must be `count`. */
  #numbers(name: string, params: Record<string, unknown>, count: number, floats?: Float32Array): Float32Array {
    const { floats: result = new Float32Array() } = this.#call(name, params, floats);
    if (result.length === count) return result;
    throw new RealmError('E_PROTOCOL', `the host sent ${result.length} numbers instead of ${count}`);
  }

  /** How many rows of the hidden size go into `bytes`. */
  #rows(bytes: number, what: string): number {
    const rows = Math.floor(bytes / (this.info.hiddenSize * 4));
    if (rows > 0) return rows;
    throw new GuestFault('UNSUPPORTED', `one row is more than ${what} of the host holds`);
  }

  storedInfo(): { tensor_count: number; total_size: number } {
    const { tensor_count, total_size } = this.#opened;
    return { tensor_count, total_size };
  }

  tensor(name: string): Float32Array {
    return this.#call('get_tensor', { name }).floats ?? new Float32Array();
  }

  embedInto(ids: Uint32Array, out: Float32Array): void {
    const { hiddenSize } = this.info;
    const most = Math.min(this.#rows(this.#opened.limits.answer_bytes, 'an answer'), 4096);
    for (let at = 0; at < ids.length; at += most) {
      const tokens = Array.from(ids.subarray(at, at + most));
      out.set(this.#numbers('embed', { tokens }, tokens.length * hiddenSize), at * hiddenSize);
    }
  }

  forwardInto(layer: number, count: number, hidden: Float32Array, position: number, out: Float32Array): void {
    const { hiddenSize, contextLength } = this.info;
    const { message_bytes, answer_bytes } = this.#opened.limits;
    const most = this.#rows(Math.min(message_bytes - HEAD_BYTES, answer_bytes), 'a message') * hiddenSize;
    if (hidden.length % hiddenSize !== 0) {
      throw new GuestFault(
        'INVALID_ARGUMENT',
        `Invalid hidden_states length: ${hidden.length} not divisible by hidden_size ${hiddenSize}`,
      );
    }
    if (hidden.length > most && position + hidden.length / hiddenSize > contextLength) {
      this.#numbers('forward_layer', { layer, position }, 0, hidden.subarray(0, 0)); // a gap is said first
      throw new GuestFault('CONTEXT_FULL', `the context holds ${contextLength} positions`);
    }
    // More rows than a message holds are as many passes: the same numbers, bit for bit.
    for (let at = 0; at === 0 || at < hidden.length; at += most) {
      const rows = hidden.subarray(at, at + most);
      const params = { layer, count, position: position + at / hiddenSize };
      out.set(this.#numbers('forward_layer', params, rows.length, rows), at);
    }
  }

  logitsInto(hidden: Float32Array, out: Float32Array): void {
    const { hiddenSize, vocabSize } = this.info;
    if (hidden.length !== hiddenSize)
      throw new GuestFault('INVALID_ARGUMENT', `Invalid hidden_state length: ${hidden.length} != ${hiddenSize}`);
    out.set(this.#numbers('compute_logits', {}, vocabSize, hidden));
  }

  reset(): void {
    this.#call('reset_session', {});
  }

  encode(text: string): Uint32Array {
    const { data } = this.#channel.call('tokenize', { model: this.#opened.model, text, as_prompt: true });
    return Uint32Array.from(data.tokens as number[]);
  }

  decode(ids: Uint32Array): Uint8Array {
    const params = { model: this.#opened.model, tokens: Array.from(ids), skip_special: true, bytes: true };
    return Uint8Array.from(this.#channel.call('detokenize', params).data.bytes as number[]);
  }

  decodeNext(ids: Uint32Array, state: Uint32Array): Uint8Array {
    const params = { model: this.#opened.model, tokens: Array.from(ids), skip_special: true, state: state[0] };
    const { data } = this.#channel.call('detokenize', params);
    state[0] = data.state as number;
    return Uint8Array.from(data.bytes as number[]);
  }

  renderChat(): never {
    throw new GuestFault('UNSUPPORTED', 'a host behind a network renders no conversations for guests');
  }

  encodeChat(): never {
    throw new GuestFault('UNSUPPORTED', 'a host behind a network renders no conversations for guests');
  }

  sampler(): never {
    throw new GuestFault('UNSUPPORTED', 'a host behind a network has no samplers for guests: it generates');
  }

  chat(): never {
    throw new GuestFault('UNSUPPORTED', 'a host behind a network answers no conversations for guests');
  }

  generate(prompt: string, options: GuestGenerateOptions, onPiece: OnPiece): GuestAnswer {
    const params = {
      ...{ max_tokens: options.maxTokens, temperature: options.temperature, timeout: options.timeout },
      ...{ top_k: options.topK, top_p: options.topP, min_p: options.minP, repeat_penalty: options.repeatPenalty },
      ...{ seed: Number(options.seed), stop_tokens: Array.from(options.stopTokens ?? []) },
    };
    return this.#generate(prompt, params, options.mostBytes, onPiece);
  }

  generateWith(
    prompt: string,
    options: Record<string, unknown>,
    own: GenerationLimits & { mostBytes?: number },
    onPiece: OnPiece,
  ): GuestAnswer {
    const { mostBytes, ...more } = own;
    const named = Object.entries({ ...options, ...more }).map(([name, value]): [string, unknown] => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      typeof value === 'bigint' ? Number(value) : value,
    ]);
    return this.#generate(prompt, Object.fromEntries(named), mostBytes, onPiece);
  }

  #generate(prompt: string, options: Record<string, unknown>, mostBytes = Infinity, onPiece: OnPiece): GuestAnswer {
    let bytes = 0;
    let fault: unknown;
    const onToken = (piece: string): boolean => {
      bytes += new TextEncoder().encode(piece).length;
      if (bytes > mostBytes) fault = new GuestFault('TOO_SMALL', `the text does not fit into ${mostBytes} bytes`);
      else {
        try {
          if (!onPiece(piece, 1)) fault = new GuestFault('CANCELLED', 'the host stopped the generation');
        } catch (error) {
          fault = error;
        }
      }
      return fault === undefined;
    };
    const params = { ...options, model: this.#opened.model, prompt };
    try {
      const { data } = this.#channel.call('generate', params, undefined, onToken);
      const usage = data.usage as { prompt_tokens: number; completion_tokens: number };
      if (fault === undefined) {
        return {
          text: data.text as string,
          finishReason: data.finish_reason === 'length' ? 'length' : 'stop',
          promptTokens: usage.prompt_tokens,
          tokenCount: usage.completion_tokens,
        };
      }
    } catch (error) {
      if (fault === undefined) throw error; // else it is this one's own cancelling
    }
    throw fault;
  }

  /** A host that cannot be reached has forgotten it, or will. */
  close(): void {
    try {
      this.#call('close_session', {});
    } catch {
      // see above
    }
  }
}

/** The models that a host serves. */
export class RemoteModels implements ModelOpener<RemoteModel> {
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  named(name: string): RemoteModel {
    return new RemoteModel(this.#channel, name);
  }

  bytes(): never {
    throw new GuestFault('UNSUPPORTED', 'a host behind a network takes no models from guests');
  }

  contentOf(): never {
    return this.bytes();
  }
}
