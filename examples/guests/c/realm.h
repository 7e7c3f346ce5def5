/* The imports of Option 2: docs/option-2.md. Results below 0 are failures; realm_last_error tells why. */
#ifndef REALM_GUEST_H
#define REALM_GUEST_H
#include <stdint.h>

struct realm_generation;

#define REALM_IMPORT(name) __attribute__((import_module("env"), import_name(#name))) extern int32_t name

REALM_IMPORT(realm_store_model)(const uint8_t *gguf, uint32_t bytes, uint32_t model);
REALM_IMPORT(realm_host_load_model_by_name)(const char *name, uint32_t bytes);
REALM_IMPORT(realm_remove_model)(uint32_t model);
REALM_IMPORT(realm_get_model_info)(uint32_t model, uint32_t *tensors, uint64_t *bytes);
REALM_IMPORT(realm_get_model_metadata)(uint32_t model, char *json, uint32_t most_bytes);
REALM_IMPORT(realm_get_tensor)(uint32_t model, const char *name, uint32_t bytes, float *out, uint32_t most_bytes);
REALM_IMPORT(realm_embed_tokens)(uint32_t model, const uint32_t *ids, uint32_t count, float *out);
REALM_IMPORT(realm_forward_layer)(uint32_t model, uint32_t layer, const float *hidden, uint32_t floats, uint32_t position, float *out);
REALM_IMPORT(realm_forward_layers)(uint32_t model, uint32_t first, uint32_t count, const float *hidden, uint32_t floats, uint32_t position, float *out);
REALM_IMPORT(realm_compute_logits)(uint32_t model, const float *hidden, uint32_t floats, float *out);
REALM_IMPORT(realm_session_reset)(uint32_t model);
REALM_IMPORT(realm_encode_tokens)(uint32_t model, const char *text, uint32_t bytes, uint32_t *ids, uint32_t most_bytes);
REALM_IMPORT(realm_decode_tokens)(uint32_t model, const uint32_t *ids, uint32_t count, char *text, uint32_t most_bytes);
REALM_IMPORT(realm_stream_token)(const char *text, uint32_t bytes);
REALM_IMPORT(realm_host_generate)(uint32_t model, const char *prompt, uint32_t bytes, const struct realm_generation *options, char *text, uint32_t most_bytes);
/* The same with options of the package's generate as JSON; no NUL behind the text. */
REALM_IMPORT(realm_generate)(uint32_t model, const char *prompt, uint32_t bytes, const char *options, uint32_t options_bytes, char *text, uint32_t most_bytes);

/* Answers a conversation (a JSON array of messages) with options of the package's chat as JSON: the content, which also is streamed; no NUL. A
   text that does not fit is not lost: realm_chat_answer has it, as "content", and "reasoning", "toolCalls", ...; all as JSON: no bytes. */
REALM_IMPORT(realm_chat)(uint32_t model, const char *messages, uint32_t bytes, const char *options, uint32_t options_bytes, char *text, uint32_t most_bytes);
REALM_IMPORT(realm_chat_answer)(uint32_t model, const char *part, uint32_t bytes, char *text, uint32_t most_bytes);

/* Numbers of a model. */
REALM_IMPORT(realm_hidden_size)(uint32_t model);
REALM_IMPORT(realm_vocab_size)(uint32_t model);
REALM_IMPORT(realm_layer_count)(uint32_t model);
REALM_IMPORT(realm_context_length)(uint32_t model);
/* Where a text ends: 1 or 0; all such tokens, their count. */
REALM_IMPORT(realm_is_end_token)(uint32_t model, uint32_t token);
REALM_IMPORT(realm_get_end_tokens)(uint32_t model, uint32_t *ids, uint32_t most_bytes);
/* The index of the highest number, the first one of equals. */
REALM_IMPORT(realm_argmax)(const float *values, uint32_t count);
/* Chooses as generate does, with its options as JSON. */
REALM_IMPORT(realm_sampler_create)(uint32_t model, const char *options, uint32_t bytes);
REALM_IMPORT(realm_sampler_accept)(uint32_t sampler, const uint32_t *ids, uint32_t count);
REALM_IMPORT(realm_sampler_choose)(uint32_t sampler, const float *logits, uint32_t count);
REALM_IMPORT(realm_sampler_remove)(uint32_t sampler);
/* Tokens in, whole characters out. `after`: tokens before, whose text is not given. options: {"stop": ["..."]}, or nothing. */
REALM_IMPORT(realm_decoder_create)(uint32_t model, const uint32_t *after, uint32_t count, const char *options, uint32_t bytes);
REALM_IMPORT(realm_decoder_next)(uint32_t decoder, const uint32_t *ids, uint32_t count, char *text, uint32_t most_bytes);
REALM_IMPORT(realm_decoder_end)(uint32_t decoder, char *text, uint32_t most_bytes);
REALM_IMPORT(realm_decoder_stopped)(uint32_t decoder);
REALM_IMPORT(realm_decoder_remove)(uint32_t decoder);
/* A conversation (JSON) as text, and as ids, in which nothing that a message says is a special token. */
REALM_IMPORT(realm_apply_chat_template)(uint32_t model, const char *messages, uint32_t bytes, char *text, uint32_t most_bytes);
REALM_IMPORT(realm_encode_chat)(uint32_t model, const char *messages, uint32_t bytes, uint32_t *ids, uint32_t most_bytes);
/* Both answer -10. */
REALM_IMPORT(realm_set_lora_adapter)(uint32_t model, const char *name, uint32_t bytes);
REALM_IMPORT(realm_store_draft_model)(const uint8_t *gguf, uint32_t bytes, uint32_t model);
REALM_IMPORT(realm_last_error)(char *text, uint32_t most_bytes);

struct realm_generation { /* 32 bytes */
  uint32_t max_tokens;
  float temperature, top_p;
  uint32_t top_k;
  float repetition_penalty;
  uint32_t seed;
  uint8_t stop_token_count;
  const uint32_t *stop_tokens;
};

/* A text as a JSON string, quotes and all, for messages made of what somebody said. Its bytes; more than `most` were needed: -6. */
static inline int32_t realm_json_string(const char *text, uint32_t bytes, char *out, uint32_t most) {
  uint32_t at = 0;
  if (bytes > 0x10000000u || most < 2) return -6;
  out[at++] = '"';
  for (uint32_t i = 0; i < bytes; i++) {
    uint8_t c = (uint8_t)text[i];
    if (most - at < 7) return -6; /* the longest escape, and the quote at the end */
    if (c < 0x20) {
      const char *hex = "0123456789abcdef";
      out[at++] = '\\', out[at++] = 'u', out[at++] = '0', out[at++] = '0';
      out[at++] = hex[c >> 4], out[at++] = hex[c & 15];
      continue;
    }
    if (c == '"' || c == '\\') out[at++] = '\\';
    out[at++] = (char)c;
  }
  out[at++] = '"';
  return (int32_t)at;
}
#endif
