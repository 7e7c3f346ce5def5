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
#endif
