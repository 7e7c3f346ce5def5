import { renderElsewhere } from '../chat/renderElsewhere';
import { modelTemplate } from '../chat/modelTemplate';
import type { ChatMessage } from '../chat/conversation';
import { flag, invalid, show, text } from '../engine/check';
import { LONG_TEXT } from '../model/elsewhere';
import type { Served } from './calls';
import { Refusal } from './errors';
import { readBody, sendBytes, sendJson, type Exchange } from './exchange';

type Body = Readonly<Record<string, unknown>>;

/** `POST /tokenize`, as llama.cpp's server has it: `content` as `tokens`, `with_pieces` each with its text. */
export async function tokenize(exchange: Exchange): Promise<void> {
  const { calls, signal, response } = exchange;
  const body = await readBody(exchange);
  const params = {
    ...{ model: body.model ?? undefined, text: text('content', body.content) },
    add_special: flag('add_special', body.add_special ?? undefined, false),
    parse_special: flag('parse_special', body.parse_special ?? undefined, true),
  };
  const pieces = flag('with_pieces', body.with_pieces ?? undefined, false);
  if (pieces && params.text.length > LONG_TEXT)
    throw new Refusal('E_TOO_LARGE', `pieces are told of at most ${LONG_TEXT} characters at once`);
  const { data, json } = await calls.run({ name: 'tokenize', params, signal });
  if (!pieces) {
    const tokens = json?.tokens ?? JSON.stringify((data as { tokens: number[] }).tokens);
    return sendBytes(exchange, 'application/json', [Buffer.from(`{"tokens":${tokens}}`)]);
  }
  const ids = (data as { tokens: number[] }).tokens;
  await calls.on(body.model, signal, ({ model }) => {
    // A token may be a part of a character: then its bytes are told.
    const pieceOf = (id: number): string | number[] => {
      const bytes = Buffer.from(model.tokenBytes(id));
      const piece = bytes.toString();
      return Buffer.from(piece).equals(bytes) ? piece : [...bytes];
    };
    sendJson(response, 200, { tokens: ids.map((id) => ({ id, piece: pieceOf(id) })) });
    return Promise.resolve();
  });
}

/** `POST /detokenize`: `tokens` as `content`. */
export async function detokenize(exchange: Exchange): Promise<void> {
  const { calls, signal, response } = exchange;
  const { model = null, tokens } = await readBody(exchange);
  const { data } = await calls.run({ name: 'detokenize', params: { model: model ?? undefined, tokens }, signal });
  sendJson(response, 200, { content: (data as { text: string }).text });
}

/** `POST /apply-template`: a conversation as the `prompt` that the model would read. */
export async function applyTemplate(exchange: Exchange): Promise<void> {
  const body = await readBody(exchange);
  await exchange.calls.on(body.model, exchange.signal, async (served) => {
    sendJson(exchange.response, 200, { prompt: await rendered(served, body) });
  });
}

async function rendered(
  { model }: Served,
  { messages, tools, chat_template_kwargs: variables }: Body,
): Promise<string> {
  if (!Array.isArray(messages)) throw invalid(`messages must be an array, got ${show(messages)}`);
  const { source, options } = modelTemplate(
    model.info,
    {
      ...(tools ? { tools: tools as readonly object[] } : {}),
      ...(variables ? { variables: variables as Body } : {}),
    },
    'apply-template',
  );
  const segments = await renderElsewhere(source, messages as ChatMessage[], options);
  return segments.map((segment) => segment.text).join('');
}
