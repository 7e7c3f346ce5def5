import { binding } from '../engine/binding';
import { native } from '../engine/errors';
import { RealmError } from '../portable/errors';
import { flag, invalid, show, text, tokenIds, wholeNumber } from '../engine/check';
import { LONG_TEXT, textElsewhere } from '../model/elsewhere';
import { chatPrompt } from '../model/chatPrompt';
import type { GenerationResult } from '../model/result';
import { generateOptionsOf } from './generateOptions';
import { handleOf, tokenizeArguments, type Model } from '../model/model';
import type { ChatMessage } from '../chat/conversation';
import { Budget, type Lease } from './budget';
import { Refusal } from './errors';
import { isLayerName, layerCall, openSession } from './layers';
import { Models } from './models';
import type { CheckedOptions } from './options';
import { Sessions, type Owner } from './sessions';
import type { Reply, TokenData } from './wire';

type Params = Readonly<Record<string, unknown>>;
type OnToken = (token: TokenData) => Promise<void>;

/** What is asked, by whom. */
export interface Request {
  name: string;
  params: Params;
  /** Numbers that came beside the JSON. */
  floats?: Float32Array | undefined;
  signal: AbortSignal;
  /** Whose sessions it may use. Without one: those that were opened by HTTP. */
  owner?: Owner;
}

/** A request with what it takes of the budget. */
type Leased = Request & { lease: Lease };

/** Calls on behalf of one request: what it takes is of its lease, which whoever made it closes when the answer has left. */
export interface LeasedCalls {
  readonly models: Models;
  run(request: Request, onToken?: OnToken): Promise<Reply>;
  /** Work with a model, by the name that a client gave; its signal fires when the client is gone, or the time for it is over. */
  on<T>(model: unknown, signal: AbortSignal, work: (served: Served) => Promise<T>): Promise<T>;
}

/** How a host is at the moment. */
export interface HostState {
  closing: boolean;
  /** Requests at work. */
  running: number;
  /** Requests for which there was no place. */
  refused: number;
}

/** A model at work for a request. */
export interface Served {
  name: string;
  model: Model;
  signal: AbortSignal;
}

/** What `generate` answers at its end. */
export interface Generated {
  model: string;
  text: string;
  finish_reason: GenerationResult['finishReason'];
  usage: { prompt_tokens: number; completion_tokens: number; seconds: number };
}

/** The functions that clients can call, by whatever way they came. */
export class Calls {
  readonly models: Models;
  readonly sessions: Sessions;
  /** The owner of sessions that no connection holds. */
  readonly #nobody: Owner = {};
  readonly budget: Budget;
  #limits: CheckedOptions['limits'];
  #running = new Set<AbortController>();
  #closing = false;
  #idle: (() => void) | undefined;

  constructor({ models, limits }: CheckedOptions) {
    this.models = new Models(models);
    this.#limits = limits;
    this.sessions = new Sessions(limits);
    this.budget = new Budget(limits);
  }

  get state(): HostState {
    return { closing: this.#closing, running: this.running, refused: this.budget.refused };
  }

  get running(): number {
    return this.#running.size;
  }

  /** Calls of a request that has this lease. */
  of(lease: Lease): LeasedCalls {
    return {
      models: this.models,
      run: (request, onToken) =>
        this.#work(request.signal, lease, (signal) => this.#call({ ...request, lease, signal }, onToken)),
      on: (asked, gone, work) =>
        this.#work(gone, lease, async (signal) => {
          const [name, model] = await this.#model({ model: asked ?? undefined }, signal);
          return work({ name, model, signal });
        }),
    };
  }

  /**
   * Runs a function to its end, with a signal that also fires when the time for it is over.
   *
   * @throws Refusal, RealmError; the signal's reason when it was cancelled
   */
  async #work<T>(signal: AbortSignal, lease: Lease, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#closing) throw new RealmError('E_SHUTDOWN', 'the host is closing');
    signal.throwIfAborted();
    const leave = lease.takeRequest();
    const { requestMilliseconds } = this.#limits;
    const controller = new AbortController();
    const cancel = () => controller.abort(signal.reason);
    signal.addEventListener('abort', cancel, { once: true });
    const late = setTimeout(() => {
      controller.abort(new RealmError('E_TIMEOUT', `the request took longer than ${requestMilliseconds} ms`));
    }, requestMilliseconds);
    this.#running.add(controller);
    try {
      return await work(controller.signal);
    } finally {
      clearTimeout(late);
      signal.removeEventListener('abort', cancel);
      this.#running.delete(controller);
      leave();
      if (this.#running.size === 0) this.#idle?.();
    }
  }

  async #call(request: Leased, onToken?: OnToken): Promise<Reply> {
    const { name, params, floats, signal, owner = this.#nobody, lease } = request;
    if (isLayerName(name))
      return layerCall(this.sessions, this.#limits, name, { params, floats, owner, signal, lease });
    switch (name) {
      case 'health':
        return { data: { status: 'ok', models: this.models.names, requests: this.#running.size } };
      case 'models':
        return { data: { models: this.models.names } };
      case 'metadata': {
        const [model, { info }] = await this.#model(params, signal);
        return { data: { model, ...info } };
      }
      case 'tokenize':
        return this.#tokenize(params, await this.#model(params, signal));
      case 'detokenize':
        return this.#detokenize(params, await this.#model(params, signal));
      case 'logits':
        return this.#logits(params, await this.#model(params, signal), request);
      case 'open_session': {
        const model = await this.#model(params, signal);
        return openSession(this.sessions, this.#limits, model, owner, lease.client, owner === this.#nobody);
      }
      case 'generate':
        return { data: await this.#generate(params, await this.#model(params, signal), signal, onToken) };
      default:
        throw new Refusal('E_PROTOCOL', `there is no function ${show(name)}`);
    }
  }

  /** Loading goes on for the others when one who waits for it is gone. */
  async #model(params: Params, signal: AbortSignal): Promise<[string, Model]> {
    let gone!: () => void;
    const cancelled = new Promise<never>((_, reject) => (gone = () => reject(signal.reason)));
    signal.addEventListener('abort', gone, { once: true });
    try {
      return await Promise.race([this.models.get(params.model), cancelled]);
    } finally {
      signal.removeEventListener('abort', gone);
    }
  }

  async #tokenize(params: Params, [name, model]: [string, Model]): Promise<Reply> {
    const content = text('text', params.text);
    const options = {
      addSpecial: flag('add_special', params.add_special, true),
      parseSpecial: flag('parse_special', params.parse_special, false),
      asPrompt: flag('as_prompt', params.as_prompt, false),
    };
    if (content.length < LONG_TEXT)
      return { data: { model: name, tokens: Array.from(model.tokenize(content, options)) } };
    const how = tokenizeArguments(options);
    const tokens = await textElsewhere({ kind: 'list', model: handleOf(model), text: content, ...how });
    return { data: { model: name }, json: { tokens: `[${tokens}]` } };
  }

  async #detokenize(params: Params, [name, model]: [string, Model]): Promise<Reply> {
    const skipSpecial = flag('skip_special', params.skip_special, false);
    const ids = idsOf(params.tokens);
    // One token may be a part of a character: whoever puts them together wants the bytes.
    const isBehind = params.state !== undefined;
    if (isBehind || flag('bytes', params.bytes, false)) {
      if (ids.length > LONG_TEXT)
        throw new Refusal('E_TOO_LARGE', `bytes are told of at most ${LONG_TEXT} tokens at once`);
      // Behind others the state of realm_model_detokenize_next goes to and fro.
      if (isBehind) {
        const state = Uint32Array.of(wholeNumber('state', params.state, 0, 0xffffffff));
        const bytes = new Uint8Array(native(() => binding.detokenizeNext(handleOf(model), ids, skipSpecial, state)));
        return { data: { model: name, bytes: Array.from(bytes), state: state[0] } };
      }
      const bytes = new Uint8Array(native(() => binding.detokenizeBytes(handleOf(model), ids, Number(skipSpecial))));
      return { data: { model: name, bytes: Array.from(bytes) } };
    }
    if (ids.length < LONG_TEXT) return { data: { model: name, text: model.detokenize(ids, { skipSpecial }) } };
    const how = Number(skipSpecial);
    return {
      data: { model: name, text: await textElsewhere({ kind: 'detokenize', model: handleOf(model), ids, how }) },
    };
  }

  async #logits(params: Params, [name, model]: [string, Model], { signal, lease }: Leased): Promise<Reply> {
    const ids = idsOf(params.tokens);
    const vocabulary = model.info.vocabSize ?? 0;
    const most = this.#limits.answerBytes;
    const bytes = ids.length * vocabulary * 4;
    if (bytes > most) throw new Refusal('E_TOO_LARGE', `the answer would be above ${most} bytes`);
    lease.takeBytes(bytes);
    const floats = await model.logits(ids, { signal });
    return { data: { model: name, type: 'f32', shape: [ids.length, vocabulary] }, floats };
  }

  async #generate(
    params: Params,
    [name, model]: [string, Model],
    signal: AbortSignal,
    onToken?: OnToken,
  ): Promise<Generated> {
    const began = performance.now();
    const options = { ...generateOptionsOf(params, this.#limits.tokens), signal };
    const generation = model.generate(await promptOf(params, model), options);
    let index = 0;
    // Without a listener nothing is looped over: the end is all there is to say.
    if (onToken)
      for await (const { text: token } of generation)
        if (token) await onToken({ token, index: index++, is_final: false });
    const { text: whole, tokens, finishReason, promptTokens } = await generation;
    const usage = {
      prompt_tokens: promptTokens,
      completion_tokens: tokens.length,
      seconds: Math.round(performance.now() - began) / 1000,
    };
    return { model: name, text: whole, finish_reason: finishReason, usage };
  }

  /** Takes nothing new, gives what runs `grace` milliseconds to end, then cancels it. */
  async close(grace: number): Promise<void> {
    this.#closing = true;
    if (this.#running.size > 0) {
      const idle = new Promise<void>((resolve) => (this.#idle = resolve));
      const late = setTimeout(() => {
        for (const controller of this.#running)
          controller.abort(new RealmError('E_SHUTDOWN', 'the host was closed before the work was done'));
      }, grace);
      await idle;
      clearTimeout(late);
    }
    await this.sessions.stop();
    await this.models.close();
  }
}

function idsOf(value: unknown): Uint32Array {
  if (!Array.isArray(value)) throw invalid(`tokens must be an array of token ids, got ${show(value)}`);
  return tokenIds(value, 'tokens') as Uint32Array;
}

async function promptOf(params: Params, model: Model): Promise<string | Uint32Array> {
  const { prompt, messages, tokens } = params;
  if ([prompt, messages, tokens].filter((given) => given !== undefined).length !== 1)
    throw invalid('exactly one of prompt, messages and tokens must be given');
  if (tokens !== undefined) return idsOf(tokens);
  if (messages === undefined) return text('prompt', prompt);
  if (!Array.isArray(messages)) throw invalid(`messages must be an array, got ${show(messages)}`);
  return chatPrompt(model, messages as ChatMessage[]);
}
