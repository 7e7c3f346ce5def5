import type { GuestModelInfo } from '../guest/engine.js';
import { GuestFault } from '../guest/faults.js';
import type { GuestContext, Import } from './context.js';

const utf8 = new TextEncoder();

/** Bytes at `pointer` if they fit; how many. */
function answerBytes({ memory }: GuestContext, what: string, pointer: number, most: number, bytes: Uint8Array): number {
  if (bytes.length > most)
    throw new GuestFault('TOO_SMALL', `${what}: ${bytes.length} bytes are needed, there is room for ${most}`);
  memory.writeBytes(what, pointer, bytes);
  return bytes.length;
}

/** Models: storing, finding by name, what is in them. */
export function storageImports(context: GuestContext, mayStore: boolean): Record<string, Import> {
  const { memory, models, calls, named } = context;
  return {
    realm_store_model: calls.wrap('realm_store_model', (pointer, length, id) => {
      const bytes = memory.bytes('gguf', pointer, length);
      if (!mayStore) throw new GuestFault('UNSUPPORTED', 'the host does not let guests store models');
      return models.store(bytes, id);
    }),
    realm_host_load_model_by_name: calls.wrap('realm_host_load_model_by_name', (pointer, length) => {
      const name = memory.text('name', pointer, length);
      let id = named.get(name);
      if (id === undefined) {
        id = models.load(name);
        named.set(name, id);
      }
      return id;
    }),
    realm_remove_model: calls.wrap('realm_remove_model', (id) => {
      models.remove(id);
      for (const [name, known] of named) if (known === id) named.delete(name);
      return 0;
    }),
    realm_get_model_info: calls.wrap('realm_get_model_info', (id, count, size) => {
      memory.check('count', count, 1, 4);
      memory.check('size', size, 1, 8);
      const info = models.get(id).storedInfo();
      memory.writeU32('count', count, info.tensor_count);
      memory.writeU64('size', size, BigInt(info.total_size));
      return 0;
    }),
    realm_get_model_metadata: calls.wrap('realm_get_model_metadata', (id, pointer, most) => {
      memory.check('out', pointer, most);
      const { info } = models.get(id);
      return answerBytes(context, 'out', pointer, most, utf8.encode(JSON.stringify(metadataOf(info))));
    }),
    realm_get_tensor: calls.wrap('realm_get_tensor', (id, namePointer, nameLength, pointer, most) => {
      const name = memory.text('name', namePointer, nameLength);
      memory.check('out', pointer, most);
      memory.check('out', pointer, 0, 4);
      const { buffer, byteOffset, byteLength } = models.get(id).tensor(name);
      return answerBytes(context, 'out', pointer, most, new Uint8Array(buffer, byteOffset, byteLength));
    }),
    realm_set_lora_adapter: calls.wrap('realm_set_lora_adapter', (id, pointer, length) => {
      memory.text('adapter', pointer, length);
      models.get(id);
      throw new GuestFault('UNSUPPORTED', 'this engine has no LoRA adapters');
    }),
    realm_store_draft_model: calls.wrap('realm_store_draft_model', (pointer, length) => {
      memory.check('gguf', pointer, length);
      throw new GuestFault('UNSUPPORTED', 'this engine has no draft models');
    }),
  };
}

/** Upstream's fields, and what a guest needs beside them. */
export function metadataOf(info: GuestModelInfo): object {
  return {
    config: {
      vocab_size: info.vocabSize,
      hidden_size: info.hiddenSize,
      num_layers: info.layers,
      num_heads: info.headCount,
      num_kv_heads: info.kvHeadCount,
      intermediate_size: info.feedForwardSize,
      max_seq_len: info.contextLength,
      rope_theta: info.ropeTheta,
      rms_norm_eps: info.normEpsilon,
    },
    has_tokenizer: info.tokenizer !== null,
    architecture: info.architecture,
    bos_token_id: info.tokenizer?.bosId ?? null,
    eos_token_id: info.tokenizer?.eosId ?? null,
  };
}
