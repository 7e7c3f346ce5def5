// The imports of Option 2 as AssemblyScript sees them: docs/option-2.md, c/realm.h. usize: a pointer. Results below 0 are failures.
@external("env", "realm_store_model") export declare function realm_store_model(gguf: usize, bytes: u32, model: u32): i32;
@external("env", "realm_host_load_model_by_name") export declare function realm_host_load_model_by_name(name: usize, bytes: u32): i32;
@external("env", "realm_remove_model") export declare function realm_remove_model(model: u32): i32;
@external("env", "realm_get_model_info") export declare function realm_get_model_info(model: u32, tensors: usize, bytes: usize): i32;
@external("env", "realm_get_model_metadata") export declare function realm_get_model_metadata(model: u32, json: usize, mostBytes: u32): i32;
@external("env", "realm_get_tensor") export declare function realm_get_tensor(model: u32, name: usize, bytes: u32, out: usize, mostBytes: u32): i32;
@external("env", "realm_embed_tokens") export declare function realm_embed_tokens(model: u32, ids: usize, count: u32, out: usize): i32;
@external("env", "realm_forward_layer") export declare function realm_forward_layer(model: u32, layer: u32, hidden: usize, floats: u32, position: u32, out: usize): i32;
@external("env", "realm_forward_layers") export declare function realm_forward_layers(model: u32, first: u32, count: u32, hidden: usize, floats: u32, position: u32, out: usize): i32;
@external("env", "realm_compute_logits") export declare function realm_compute_logits(model: u32, hidden: usize, floats: u32, out: usize): i32;
@external("env", "realm_session_reset") export declare function realm_session_reset(model: u32): i32;
@external("env", "realm_encode_tokens") export declare function realm_encode_tokens(model: u32, text: usize, bytes: u32, ids: usize, mostBytes: u32): i32;
@external("env", "realm_decode_tokens") export declare function realm_decode_tokens(model: u32, ids: usize, count: u32, text: usize, mostBytes: u32): i32;
@external("env", "realm_stream_token") export declare function realm_stream_token(text: usize, bytes: u32): i32;
@external("env", "realm_host_generate") export declare function realm_host_generate(model: u32, prompt: usize, bytes: u32, options: usize, text: usize, mostBytes: u32): i32;
@external("env", "realm_generate") export declare function realm_generate(model: u32, prompt: usize, bytes: u32, options: usize, optionsBytes: u32, text: usize, mostBytes: u32): i32;
@external("env", "realm_chat") export declare function realm_chat(model: u32, messages: usize, bytes: u32, options: usize, optionsBytes: u32, text: usize, mostBytes: u32): i32;
@external("env", "realm_chat_answer") export declare function realm_chat_answer(model: u32, part: usize, bytes: u32, text: usize, mostBytes: u32): i32;
@external("env", "realm_hidden_size") export declare function realm_hidden_size(model: u32): i32;
@external("env", "realm_vocab_size") export declare function realm_vocab_size(model: u32): i32;
@external("env", "realm_layer_count") export declare function realm_layer_count(model: u32): i32;
@external("env", "realm_context_length") export declare function realm_context_length(model: u32): i32;
@external("env", "realm_is_end_token") export declare function realm_is_end_token(model: u32, token: u32): i32;
@external("env", "realm_get_end_tokens") export declare function realm_get_end_tokens(model: u32, ids: usize, mostBytes: u32): i32;
@external("env", "realm_argmax") export declare function realm_argmax(values: usize, count: u32): i32;
@external("env", "realm_sampler_create") export declare function realm_sampler_create(model: u32, options: usize, bytes: u32): i32;
@external("env", "realm_sampler_accept") export declare function realm_sampler_accept(sampler: u32, ids: usize, count: u32): i32;
@external("env", "realm_sampler_choose") export declare function realm_sampler_choose(sampler: u32, logits: usize, count: u32): i32;
@external("env", "realm_sampler_remove") export declare function realm_sampler_remove(sampler: u32): i32;
@external("env", "realm_decoder_create") export declare function realm_decoder_create(model: u32, after: usize, count: u32, options: usize, bytes: u32): i32;
@external("env", "realm_decoder_next") export declare function realm_decoder_next(decoder: u32, ids: usize, count: u32, text: usize, mostBytes: u32): i32;
@external("env", "realm_decoder_end") export declare function realm_decoder_end(decoder: u32, text: usize, mostBytes: u32): i32;
@external("env", "realm_decoder_stopped") export declare function realm_decoder_stopped(decoder: u32): i32;
@external("env", "realm_decoder_remove") export declare function realm_decoder_remove(decoder: u32): i32;
@external("env", "realm_apply_chat_template") export declare function realm_apply_chat_template(model: u32, messages: usize, bytes: u32, text: usize, mostBytes: u32): i32;
@external("env", "realm_encode_chat") export declare function realm_encode_chat(model: u32, messages: usize, bytes: u32, ids: usize, mostBytes: u32): i32;
@external("env", "realm_set_lora_adapter") export declare function realm_set_lora_adapter(model: u32, name: usize, bytes: u32): i32;
@external("env", "realm_store_draft_model") export declare function realm_store_draft_model(gguf: usize, bytes: u32, model: u32): i32;
@external("env", "realm_last_error") export declare function realm_last_error(text: usize, mostBytes: u32): i32;

/** A text as a JSON string, quotes and all, for messages made of what somebody said. */
export function jsonString(text: string): string {
  let out = '"';
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x20) out += "\\u00" + (c < 0x10 ? "0" : "") + c.toString(16);
    else out += (c == 0x22 || c == 0x5c ? "\\" : "") + text.charAt(i);
  }
  return out + '"';
}
