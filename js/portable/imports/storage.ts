import type { GuestModelInfo } from '../guest/engine.js';
import { GuestFault } from '../guest/faults.js';
import type { GuestContext, Import } from './context.js';

const utf8 = new TextEncoder();

/** Models: storing, finding by name, what is in them. */
export function storageImports(context: GuestContext, mayStore: boolean): Record<string, Import> {
  const { memory, models, calls, named } = context;
  return {
    realm_store_model: calls.wrap('realm_store_model', (pointer, length, id) => {
      const bytes = memory.bytes('gguf', pointer, length);
      if (!mayStore) throw new GuestFault('UNSUPPORTED', 'the host does not let this guest store models (mayStore)');
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
    realm_hidden_size: calls.wrap('realm_hidden_size', (id) => models.get(id).info.hiddenSize),
    realm_vocab_size: calls.wrap('realm_vocab_size', (id) => models.get(id).info.vocabSize),
    realm_layer_count: calls.wrap('realm_layer_count', (id) => models.get(id).info.layers),
    realm_context_length: calls.wrap('realm_context_length', (id) => models.get(id).info.contextLength),
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
      return memory.answer('out', pointer, most, utf8.encode(JSON.stringify(metadataOf(info))));
    }),
    realm_get_tensor: calls.wrap('realm_get_tensor', (id, namePointer, nameLength, pointer, most) => {
      const name = memory.text('name', namePointer, nameLength);
      memory.check('out', pointer, most);
      memory.check('out', pointer, 0, 4);
      const { buffer, byteOffset, byteLength } = models.get(id).tensor(name, most);
      return memory.answer('out', pointer, most, new Uint8Array(buffer, byteOffset, byteLength));
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
    end_token_ids: info.tokenizer?.endIds ?? [],
  };
}
