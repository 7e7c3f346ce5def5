import { ownMessages, type ChatMessage } from '../../chat/conversation';
import { unlessAborted, whenAborted } from '../../engine/abort';
import type { OnEvent } from '../../engine/binding';
import { closedMeanwhile, endOf, startJob, type GenerationEnd, type Job } from '../../engine/job';
import { processedJson } from '../../engine/processing';
import { RealmError } from '../../portable/errors';
import { allOrNone } from '../allOrNone';
import { withPartial } from '../partial';
import type { TokenLogprob } from '../result';
import { valueOf } from '../value';
import type { Answer } from './answer';
import type { CheckedChatOptions } from './options';
import type { ChatModel, ChatPrompt } from './prompt';
import { messageOf, resultOf, stepOf } from './result';
import { beginStep } from './step';
import { execute, noSuchTool, type Executed } from './tools';
import type { ChatDelta, ChatPartial, ChatResult, ChatStep, ToolChoice } from './types';

/** Starts a generation from the ids of a whole conversation, with options as JSON. */
export type StartGeneration = (ids: Uint32Array, json: string, onEvent: OnEvent) => bigint;

/** What the answers to a conversation share. */
export interface Conversation {
  readonly model: ChatModel;
  readonly options: CheckedChatOptions;
  readonly messages: readonly ChatMessage[];
  readonly start: StartGeneration;
  /** The conversation, and what was said since. */
  readonly prompt: (since: readonly ChatMessage[]) => Promise<ChatPrompt>;
  /** Fires when the chat is to fail: with the reason. */
  readonly halt: AbortSignal;
}

/** One answer to a conversation: generations, and the tools that they call. */
export class ChatRun {
  readonly #conversation: Conversation;
  readonly #options: CheckedChatOptions;
  readonly #seed: bigint;
  readonly #emit: (delta: ChatDelta) => void;
  readonly #steps: ChatStep[] = [];
  readonly #said: ChatMessage[] = [];
  readonly #logprobs: TokenLogprob[] = [];
  readonly #tools = new AbortController();
  /** The generation under way. */
  #answer: Answer | undefined;
  #job: Job | undefined;
  readonly #choice: number;
  #value: { value: unknown } | undefined;
  #cancelled = false;

  constructor(conversation: Conversation, choice: number, seed: bigint, emit: (delta: ChatDelta) => void) {
    this.#conversation = conversation;
    this.#choice = choice;
    this.#options = conversation.options;
    this.#seed = seed;
    this.#emit = emit;
  }

  async run(first: Promise<ChatPrompt>): Promise<ChatResult> {
    const { halt } = this.#conversation;
    const stopTools = () => this.#tools.abort(halt.reason);
    const ignore = whenAborted(halt, stopTools);
    try {
      const loopEnd = await this.#loop(first);
      const { finishReason, stop } = this.#steps.at(-1) ?? { finishReason: 'cancelled', stop: null };
      const end = this.#cancelled ? 'cancelled' : finishReason;
      return this.#result({
        finishReason: end,
        stop: end === 'cancelled' ? null : stop,
        ...(loopEnd ? { loopEnd } : {}),
      });
    } catch (error) {
      if (this.#cancelled && !halt.aborted) return this.#result({ finishReason: 'cancelled', stop: null });
      throw withPartial(error, this.partial);
    } finally {
      ignore();
    }
  }

  cancel(): void {
    this.#cancelled = true;
    this.#job?.cancel();
    this.#tools.abort(new RealmError('E_CANCELLED', 'the chat was cancelled'));
  }

  /** What there is by now. */
  get partial(): ChatPartial {
    const answer = this.#answer;
    const { content, reasoning, toolCalls } = answer ??
      this.#steps.at(-1) ?? { content: '', reasoning: '', toolCalls: [] };
    const messages = answer ? [...this.#said, this.#messageOf(answer)] : [...this.#said];
    const logprobs = [...this.#logprobs, ...(answer?.logprobs ?? [])];
    return { content, reasoning, toolCalls: [...toolCalls], messages, ...(this.#options.logprobs ? { logprobs } : {}) };
  }

  #result(end: Pick<ChatResult, 'finishReason' | 'stop' | 'loopEnd'>): ChatResult {
    return resultOf({ ...this.partial, ...this.#value, ...end, steps: this.#steps });
  }

  /** The first message goes on with the one that was begun, if one was. */
  #messageOf(answer: Answer): ChatMessage {
    return messageOf(answer, this.#said.length === 0 ? this.#options.begun : undefined);
  }

  async #loop(first: Promise<ChatPrompt>): Promise<ChatResult['loopEnd']> {
    const { maxSteps, toolChoice, tools } = this.#options;
    let prompt = await first;
    for (;;) {
      this.#conversation.halt.throwIfAborted();
      // What must be called has been called in the first step; else it would be called for ever.
      const isForced = toolChoice === 'required' || typeof toolChoice === 'object';
      const step = await this.#step(prompt, isForced && this.#steps.length > 0 ? 'auto' : toolChoice);
      if (step.finishReason !== 'tool-calls' || !tools.some((tool) => tool.execute)) return undefined;
      if (this.#repeats(step)) return 'repeated-calls';
      const isLast = this.#steps.length >= maxSteps;
      if (isLast && step.toolCalls.some(({ name }) => this.#canExecute(name))) return 'max-steps';
      if (!(await this.#execute(step)) || isLast) return undefined;
      prompt = await this.#conversation.prompt(this.#said);
    }
  }

  #canExecute(name: string): boolean {
    return this.#options.tools.some((tool) => tool.name === name && tool.execute);
  }

  /** Whether the step calls the same as the one before, word for word: a model that does goes round in circles. */
  #repeats(step: ChatStep): boolean {
    const before = this.#steps.at(-2);
    const calls = ({ toolCalls }: ChatStep) => JSON.stringify(toolCalls.map((call) => [call.name, call.arguments]));
    return before !== undefined && calls(before) === calls(step);
  }

  /** One generation. */
  async #step(prompt: ChatPrompt, toolChoice: ToolChoice): Promise<ChatStep> {
    const before = [...this.#conversation.messages, ...this.#said];
    const how = { toolChoice, before, seed: this.#seed };
    const { answer, json, inPlace } = beginStep(prompt, this.#options, how, this.#emit);
    this.#answer = answer;
    const end = await this.#work(prompt, json(), answer).catch((error: unknown) => {
      throw inPlace(error);
    });
    const step = stepOf(answer, end);
    if (step.finishReason === 'stop' || step.finishReason === 'length')
      this.#value = answer.toolCalls.length > 0 ? undefined : await this.#valueOf(answer.content);
    this.#steps.push(step);
    this.#said.push(this.#messageOf(answer));
    this.#logprobs.push(...answer.logprobs);
    this.#answer = undefined;
    answer.tell({ type: 'step', finishReason: step.finishReason });
    return step;
  }

  async #work(prompt: ChatPrompt, json: string, answer: Answer): Promise<GenerationEnd> {
    const { model, halt, start } = this.#conversation;
    const { logitsProcessor: processor } = this.#options;
    const job = startJob(
      { kind: 'chat', model: model.handle },
      (onEvent) => start(prompt.ids, processedJson(json, processor), onEvent),
      halt,
      (event) => answer.add(event),
      { processor, choice: this.#choice },
    );
    this.#job = job;
    if (this.#cancelled) job.cancel();
    try {
      const end = endOf(await job.end);
      if (end.finishReason === 'cancelled' && model.isClosed) throw closedMeanwhile();
      return end;
    } finally {
      this.#job = undefined;
      answer.end();
    }
  }

  /** What the content says; a schema's own checks may take as long as they want, but not longer than the chat. */
  #valueOf(content: string): Promise<{ value: unknown } | undefined> {
    return unlessAborted(this.#tools.signal, () => valueOf(content, this.#options.value));
  }

  /** Executes the step's calls, all at once; false: some are the caller's to answer. */
  async #execute(step: ChatStep): Promise<boolean> {
    const { tools, onToolError } = this.#options;
    const said = [...this.#conversation.messages, ...this.#said];
    const work = step.toolCalls.map(async (call): Promise<Executed | undefined> => {
      const tool = tools.find(({ name }) => name === call.name);
      if (tool && !tool.execute) return undefined;
      const context = { signal: this.#tools.signal, id: call.id, messages: ownMessages(said) };
      const done = tool ? await execute(tool, call, context, onToolError === 'throw') : noSuchTool(call);
      this.#emit({ type: 'tool-result', ...done.result });
      return done;
    });
    const all = await allOrNone(work, () => this.#tools.abort(new RealmError('E_CANCELLED', 'another tool failed')));
    for (const done of all) {
      if (!done) continue;
      step.toolResults.push(done.result);
      this.#said.push(done.message);
    }
    return all.every((done) => done !== undefined);
  }
}
