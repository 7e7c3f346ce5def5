import { createHost } from '../guest/typed/createHost';
import type { HostOptions } from '../guest/typed/functions';

/** What Extism's SDK hands a host function: the plug-in's memory. */
export interface ExtismContext {
  read(offset: bigint): { text(): string } | null;
  store(text: string): bigint;
}

/** A host function: offsets of texts in, the offset of a text out. */
export type ExtismFunction = (context: ExtismContext, ...texts: bigint[]) => bigint;

export interface ExtismFunctions {
  /** For `createPlugin(wasm, { functions })`: namespace `extism:host/user`. */
  functions: { 'extism:host/user': Record<string, ExtismFunction> };
  /** Gives back what the plug-in holds. */
  close(): void;
}

/**
 * Host functions of an Extism plug-in, at the level of text: `realm_generate(model, prompt, options)`, `realm_apply_chat_template(model, messages)`,
 * `realm_tokenize(model, text)`, `realm_chat(model, messages, options)`. Each argument is the offset of a text, as is what comes back; `model` is a name of
 * `models`; options and messages are JSON as in `generate` and `chat` (an empty text: none), ids come as a JSON array, the answer to a conversation as
 * the JSON of its parts. A failure ends the plug-in's call: its
 * promise rejects with the RealmError. The calls block. `limits` is the plug-in's quota.
 */
export function createExtismFunctions(options: HostOptions = {}): ExtismFunctions {
  const host = createHost(options);
  const ids = new Map<string, number>();
  const idOf = (model: string): number => {
    let id = ids.get(model);
    if (id === undefined) ids.set(model, (id = host.loadModelByName(model)));
    return id;
  };
  const onTexts =
    (work: (...texts: string[]) => string): ExtismFunction =>
    (context, ...offsets) =>
      context.store(work(...offsets.map((offset) => context.read(offset)?.text() ?? '')));
  return {
    functions: {
      'extism:host/user': {
        realm_generate: onTexts((model, prompt, given) => host.generateWith(idOf(model), prompt, given)),
        realm_chat: onTexts((model, messages, given) => {
          const id = idOf(model);
          host.chat(id, messages, given);
          return host.chatAnswer(id);
        }),
        realm_apply_chat_template: onTexts((model, messages) => host.applyChatTemplate(idOf(model), messages)),
        realm_tokenize: onTexts((model, text) => JSON.stringify([...host.tokenize(idOf(model), text)])),
      },
    },
    close: () => host.close(),
  };
}
