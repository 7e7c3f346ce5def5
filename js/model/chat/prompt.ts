import type { ChatMessage } from '../../chat/conversation';
import type { ChatFormat } from '../../chat/format/types';
import { modelTemplate, type TemplateFacts } from '../../chat/modelTemplate';
import { prepared } from '../../chat/prepare';
import type { RenderOptions } from '../../chat/options';
import { renderElsewhere } from '../../chat/renderElsewhere';
import { renderChatSegments, type ChatSegment } from '../../chat/renderChatSegments';
import { invalid, show } from '../../engine/check';
import { RealmError } from '../../portable/errors';
import { chatIds, chatIdsElsewhere } from '../prompt';
import { chatFormatOf, variablesOf } from './family';
import type { CheckedChatOptions } from './options';

/** What the prompt of a chat is made with. */
export interface PromptModel {
  /** @throws RealmError E_MODEL_CLOSED */
  readonly handle: bigint;
  /** What `loadModel` was told of how the model writes answers. */
  readonly chatFormat: Partial<ChatFormat> | undefined;
  readonly info: TemplateFacts & { readonly tokenizer: { readonly bosId: number | null } | null };
}

/** What a chat needs of a model. */
export interface ChatModel extends PromptModel {
  readonly isClosed: boolean;
  /** Fires when the model is closed. */
  readonly closing: AbortSignal;
}

/** A conversation as a model reads it, and how it answers. */
export interface ChatPrompt {
  text: string;
  ids: Uint32Array;
  format: ChatFormat;
}

/** Stands where a message is to go on while it is rendered; nobody writes it. */
const HERE = '\uf8f1\ue0c5go on here\uf8f2';

/** What is to be rendered; what comes of it is `cut` where the last message goes on. */
interface Rendering {
  source: string;
  messages: readonly ChatMessage[];
  options: RenderOptions;
  format: ChatFormat;
  cut: (segments: readonly ChatSegment[]) => readonly ChatSegment[];
}

function renderingOf(
  model: PromptModel,
  messages: readonly ChatMessage[],
  options: CheckedChatOptions,
  goesOn: boolean,
): Rendering {
  const { template, keepReasoning } = options;
  const tools = options.tools.map((tool) => tool.told);
  const { source, options: tokens } = modelTemplate(
    model.info,
    {
      tools,
      ...(template === undefined ? {} : { template }),
    },
    'chat',
  );
  const format = chatFormatOf(source, model.chatFormat);
  const preparing = { tools, keepReasoning, variables: variablesOf(format, options) };
  const { messages: ready, options: given } = prepared(messages, source, format, preparing);
  const rendering = { ...tokens, tools: null, ...given };
  return goesOn
    ? { source, messages: marked(ready), options: { ...rendering, addGenerationPrompt: false }, format, cut }
    : { source, messages: ready, options: rendering, format, cut: (segments) => segments };
}

const textOf = (segments: readonly ChatSegment[]): string => segments.map((segment) => segment.text).join('');

/** Renders a conversation, on another thread if that takes long; if it `goesOn` it ends where the last message does. */
export async function chatPrompt(
  model: PromptModel,
  messages: readonly ChatMessage[],
  options: CheckedChatOptions,
  goesOn: boolean,
): Promise<ChatPrompt> {
  const { source, format, ...rendering } = renderingOf(model, messages, options, goesOn);
  const segments = rendering.cut(await renderElsewhere(source, rendering.messages, rendering.options));
  const ids = await chatIdsElsewhere(model.handle, model.info.tokenizer?.bosId, segments);
  return { text: textOf(segments), ids, format };
}

/** The same at once. */
export function chatPromptSync(
  model: PromptModel,
  messages: readonly ChatMessage[],
  options: CheckedChatOptions,
): ChatPrompt {
  const { source, format, ...rendering } = renderingOf(model, messages, options, options.begun !== undefined);
  const segments = rendering.cut(renderChatSegments(source, rendering.messages, rendering.options));
  return { text: textOf(segments), ids: chatIds(model.handle, model.info.tokenizer?.bosId, segments), format };
}

/** The last message with the mark behind its words: those of its content, or of its reasoning where it has not got further. */
function marked(messages: readonly ChatMessage[]): ChatMessage[] {
  const last = messages.at(-1) as ChatMessage;
  if (last.role !== 'assistant')
    throw invalid(`continueFinalMessage needs a last message of the assistant, got one of ${show(last.role)}`);
  const content = typeof last.content === 'string' ? last.content : '';
  const field = ['reasoning_content', 'thinking', 'reasoning'].find((name) => typeof last[name] === 'string');
  const marks = content === '' && field ? { [field]: `${String(last[field])}${HERE}` } : { content: content + HERE };
  return [...messages.slice(0, -1), { ...last, ...marks }];
}

function cut(segments: readonly ChatSegment[]): ChatSegment[] {
  for (let i = segments.length - 1; i >= 0; i--) {
    const { text, trusted } = segments[i] as ChatSegment;
    const at = text.lastIndexOf(HERE);
    if (at >= 0) return [...segments.slice(0, i), { text: text.slice(0, at), trusted }];
  }
  throw new RealmError(
    'E_UNSUPPORTED',
    'continueFinalMessage: the template does not write the end of the last message',
  );
}
