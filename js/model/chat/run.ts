import type { ChatMessage } from '../../chat/conversation';
import { binding, type JobEvent } from '../../engine/binding';
import { closedMeanwhile, endOf, startJob, type GenerationEnd, type Job } from '../../engine/job';
import { checkGenerateOptions } from '../../options/generate';
import { withPartial } from '../partial';
import { valueOf } from '../value';
import { Answer, PlainReader } from './answer';
import type { CheckedChatOptions } from './options';
import type { ChatModel, ChatPrompt } from './prompt';
import { resultOf, stepOf } from './result';
import type { ChatDeltaKind, ChatPartial, ChatResult } from './types';

/** One answer to a conversation. */
export class ChatRun {
  readonly #model: ChatModel;
  readonly #options: CheckedChatOptions;
  readonly #seed: bigint;
  /** Fires when the chat is to fail: with the reason. */
  readonly #halt: AbortSignal;
  readonly #emit: (delta: ChatDeltaKind) => void;
  #answer: Answer | undefined;
  #job: Job | undefined;
  #cancelled = false;

  constructor(
    model: ChatModel,
    options: CheckedChatOptions,
    choice: { seed: bigint; halt: AbortSignal; emit: (delta: ChatDeltaKind) => void },
  ) {
    this.#model = model;
    this.#options = options;
    this.#seed = choice.seed;
    this.#halt = choice.halt;
    this.#emit = choice.emit;
  }

  async run(first: Promise<ChatPrompt>): Promise<ChatResult> {
    try {
      const prompt = await first;
      this.#halt.throwIfAborted();
      return await this.#generate(prompt);
    } catch (error) {
      throw withPartial(error, this.partial);
    }
  }

  /** What there is by now. */
  get partial(): ChatPartial {
    const { content = '', reasoning = '', logprobs = [] } = this.#answer ?? {};
    const messages = this.#answer ? [this.#messageOf(this.#answer)] : [];
    return { content, reasoning, messages, ...(this.#options.logprobs ? { logprobs } : {}) };
  }

  /** Goes on with the message that was begun, if one was. */
  #messageOf({ content, reasoning }: Answer): ChatMessage {
    const { begun } = this.#options;
    const before = (field: string): string => (typeof begun?.[field] === 'string' ? begun[field] : '');
    const thought = before('reasoning_content') + reasoning;
    return {
      ...(begun ?? { role: 'assistant' }),
      content: before('content') + content,
      ...(thought === '' ? {} : { reasoning_content: thought }),
    };
  }

  cancel(): void {
    this.#cancelled = true;
    this.#job?.cancel();
  }

  async #generate(prompt: ChatPrompt): Promise<ChatResult> {
    const { generate, logprobs } = this.#options;
    const checked = checkGenerateOptions({ ...generate, seed: this.#seed });
    const answer = new Answer(new PlainReader(), this.#emit, { isReasoning: false, logprobs });
    this.#answer = answer;
    const end = await this.#work(prompt, checked.json, answer);
    const { content } = answer;
    const step = stepOf(answer, end);
    const value = end.finishReason === 'cancelled' ? undefined : await valueOf(content, checked);
    const { finishReason, stop } = step;
    return resultOf({ ...this.partial, ...value, finishReason, stop, steps: [step] });
  }

  async #work(prompt: ChatPrompt, json: string, answer: Answer): Promise<GenerationEnd> {
    const start = (onEvent: (event: JobEvent) => void) =>
      binding.generateStart(this.#model.handle, prompt.ids, json, onEvent);
    const job = startJob({ kind: 'chat', model: this.#model.handle }, start, this.#halt, (event) => answer.add(event));
    this.#job = job;
    if (this.#cancelled) job.cancel();
    try {
      const end = endOf(await job.end);
      if (end.finishReason === 'cancelled' && this.#model.isClosed) throw closedMeanwhile();
      return end;
    } finally {
      this.#job = undefined;
      answer.end();
    }
  }
}
