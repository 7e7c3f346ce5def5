import { fromWire, RealmError } from './error.mjs';
import { given, parseMessage } from './wire.mjs';

export interface RemoteImportOptions {
  /** Of the host, such as `http://127.0.0.1:8080`. */
  url: string;
  token?: string;
  /** Text of `realm_stream_token`, and of `realm_host_generate` when it has ended. False asks the guest to stop. */
  onToken?: (text: string) => boolean | void;
}

/** An import object for one guest in a Web Worker. */
export interface RemoteImports {
  readonly env: Record<string, (...args: number[]) => number>;
  /** Tells where the guest's memory is. */
  attach(instance: { exports: Record<string, unknown> }): void;
  /** Why the last failed call failed. */
  readonly lastError: string;
}

/** The codes of docs/option-2.md. */
const CODES: Readonly<Record<string, number>> = {
  E_INVALID_ARGUMENT: -1,
  E_INVALID_TOKEN: -1,
  E_OUT_OF_MEMORY: -2,
  E_BOUNDS: -3,
  E_MODEL_NOT_FOUND: -4,
  E_TOO_SMALL: -6,
  E_UTF8: -7,
  E_CONTEXT_FULL: -8,
  E_BUSY: -9,
  E_UNSUPPORTED: -10,
  E_CANCELLED: -11,
};
const NO_MEMORY = -2;
const RUNTIME = -12;
/** One call a layer is far too many for a network: a guest that wants these runs beside the engine. */
const NOT_REMOTE = [
  'embed_tokens',
  'forward_layer',
  'compute_logits',
  'session_reset',
  'get_tensor',
  'get_model_info',
].concat(['store_model', 'store_draft_model', 'set_lora_adapter', 'remove_model']);

/**
 * The coarse imports of Option 2 over the network: loading by name, metadata, tokens, `realm_host_generate`. WebAssembly calls
 * its imports synchronously, so this asks by synchronous `XMLHttpRequest`: in a Web Worker only.
 */
export function createRemoteImports({ url, token, onToken }: RemoteImportOptions): RemoteImports {
  const names: string[] = [];
  let memory: WebAssembly.Memory | undefined;
  let lastError = '';
  const stream = new TextDecoder();

  const call = (name: string, params: Record<string, unknown>): Record<string, unknown> => {
    const request = new XMLHttpRequest();
    request.open('POST', `${url.replace(/\/$/, '')}/v1/call`, false);
    request.setRequestHeader('Content-Type', 'application/json');
    if (token !== undefined) request.setRequestHeader('Authorization', `Bearer ${token}`);
    request.send(JSON.stringify({ function: name, params: given(params) }));
    const { status, data = {}, error } = parseMessage(request.responseText);
    if (status !== 'complete') throw fromWire(error);
    return data;
  };
  /** A view of the guest's memory, checked; made anew for each use, because memory grows. */
  const at = (pointer: number, length: number): Uint8Array => {
    const { buffer } = memory as WebAssembly.Memory;
    const [from, bytes] = [pointer >>> 0, length >>> 0];
    if (from + bytes > buffer.byteLength)
      throw new RealmError('E_BOUNDS', `${bytes} bytes at ${from} are outside the memory`);
    return new Uint8Array(buffer, from, bytes);
  };
  const text = (pointer: number, length: number): string => {
    const bytes = at(pointer, length).slice(); // decoders refuse shared memory
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new RealmError('E_UTF8', `${bytes.length} bytes at ${pointer >>> 0} are no UTF-8`);
    }
  };
  const write = (bytes: Uint8Array, pointer: number, most: number): number => {
    const out = at(pointer, most);
    if (bytes.length > out.length)
      throw new RealmError('E_TOO_SMALL', `${bytes.length} bytes are needed, there is room for ${out.length}`);
    out.set(bytes);
    return bytes.length;
  };
  const modelOf = (id: number): string => {
    const name = names[id - 1];
    if (name === undefined) throw new RealmError('E_MODEL_NOT_FOUND', `there is no model ${id}`);
    return name;
  };
  const utf8 = new TextEncoder();
  const all = (pointer: number, count: number) => new Uint32Array(at(pointer, (count >>> 0) * 4).slice().buffer);

  const imports: Record<string, (...args: number[]) => number> = {
    host_load_model_by_name(pointer = 0, length = 0) {
      const model = text(pointer, length);
      call('metadata', { model });
      if (!names.includes(model)) names.push(model);
      return names.indexOf(model) + 1;
    },
    get_model_metadata(id = 0, out = 0, most = 0) {
      const info = call('metadata', { model: modelOf(id) });
      const config = {
        ...{ vocab_size: info.vocabSize, hidden_size: info.hiddenSize, num_layers: info.layers },
        ...{ num_heads: info.headCount, num_kv_heads: info.kvHeadCount },
        ...{ intermediate_size: info.feedForwardSize, max_seq_len: info.contextLength },
      };
      return write(utf8.encode(JSON.stringify({ config, has_tokenizer: info.tokenizer !== null })), out, most);
    },
    encode_tokens(id = 0, pointer = 0, length = 0, out = 0, most = 0) {
      const { tokens } = call('tokenize', { model: modelOf(id), text: text(pointer, length), parse_special: true });
      const ids = Uint32Array.from(tokens as number[]);
      return write(new Uint8Array(ids.buffer), out, most) / 4;
    },
    decode_tokens(id = 0, pointer = 0, count = 0, out = 0, most = 0) {
      const params = { model: modelOf(id), tokens: Array.from(all(pointer, count)), skip_special: true };
      return write(utf8.encode(call('detokenize', params).text as string), out, most);
    },
    stream_token(pointer = 0, length = 0) {
      const piece = stream.decode(at(pointer, length).slice(), { stream: true });
      return piece === '' || onToken?.(piece) !== false ? 0 : 1;
    },
    host_generate(id = 0, pointer = 0, length = 0, options = 0, out = 0, most = 0) {
      at(out, most);
      const params = {
        model: modelOf(id),
        prompt: text(pointer, length),
        ...(options ? optionsAt(at(options, 32)) : DEFAULTS),
      };
      const whole = call('generate', params).text as string;
      const written = write(utf8.encode(`${whole}\0`), out, most);
      onToken?.(whole);
      return written;
    },
  };
  for (const name of NOT_REMOTE)
    imports[name] = () => {
      throw new RealmError('E_UNSUPPORTED', `realm_${name} is not there over the network`);
    };

  const guarded =
    (work: (...args: number[]) => number) =>
    (...args: number[]): number => {
      if (!memory) return NO_MEMORY;
      try {
        return work(...args);
      } catch (error) {
        lastError = error instanceof Error ? error.message : String(error);
        return (error instanceof RealmError && CODES[error.code]) || RUNTIME;
      }
    };
  const env = Object.fromEntries(Object.entries(imports).map(([name, work]) => [`realm_${name}`, guarded(work)]));
  env.realm_last_error = guarded((out = 0, most = 0) =>
    write(utf8.encode(lastError).subarray(0, most >>> 0), out, most),
  );
  return {
    env,
    attach({ exports }) {
      memory = exports.memory as WebAssembly.Memory;
    },
    get lastError() {
      return lastError;
    },
  };
}

/** What a null pointer means: upstream's defaults. */
const DEFAULTS = { max_tokens: 512, temperature: 0.7, top_p: 0.9, top_k: 40, repeat_penalty: 1.1, min_p: 0, seed: 0 };

/** Upstream's GenOptions, 32 bytes. */
function optionsAt(bytes: Uint8Array): Record<string, unknown> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(24) !== 0)
    throw new RealmError('E_UNSUPPORTED', 'options: stop tokens are not there over the network');
  return {
    max_tokens: view.getUint32(0, true),
    temperature: view.getFloat32(4, true),
    top_p: view.getFloat32(8, true),
    top_k: view.getUint32(12, true),
    repeat_penalty: view.getFloat32(16, true),
    min_p: 0,
    seed: view.getUint32(20, true),
  };
}
