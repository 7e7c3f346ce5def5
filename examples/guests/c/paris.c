/* examples/paris.js in C: text to tokens, embed, layer by layer, logits, argmax, stream. The weights stay in the host. */
#include <wasm_simd128.h>

#include "realm.h"

#define EXPORT(name) __attribute__((export_name(#name))) name
#define PAGE 65536u
#define CHUNK 32u /* tokens of a prompt at a time */
#define MOST_IDS 4096u

extern uint8_t __heap_base;
static uint32_t heap;

/* Memory that is never given back, 16-byte aligned; 0 when there is none. */
uint32_t EXPORT(alloc)(uint32_t bytes) {
  if (!heap) heap = (uint32_t)&__heap_base;
  uint32_t at = (heap + 15) & ~15u;
  uint32_t have = __builtin_wasm_memory_size(0) * PAGE;
  if (bytes > 0x40000000) return 0;
  if (at + bytes > have && __builtin_wasm_memory_grow(0, (at + bytes - have + PAGE - 1) / PAGE) == (unsigned long)-1) return 0;
  heap = at + bytes;
  return at;
}

static char json[4096];
static int32_t json_bytes;

/* The number behind `"key":` in the metadata; -1 when there is none. */
static int32_t number(const char *key) {
  for (int32_t at = 0; at < json_bytes; at++) {
    int32_t i = 0;
    while (key[i] && at + i < json_bytes && json[at + i] == key[i]) i++;
    if (key[i] || at + i + 2 >= json_bytes || json[at + i] != '"' || json[at + i + 1] != ':') continue;
    int32_t value = -1;
    for (at += i + 2; at < json_bytes && json[at] >= '0' && json[at] <= '9'; at++) value = (value < 0 ? 0 : value) * 10 + json[at] - '0';
    return value;
  }
  return -1;
}

static uint32_t *ids;
static float *logits, *hidden;
static uint32_t id_count, logits_room, hidden_room;

/* Room for floats that the next run uses again; 0 when there is none. */
static float *room(float *have, uint32_t *most, uint32_t count) {
  if (count <= *most) return have;
  *most = count;
  return (float *)alloc(count * 4);
}

uint32_t EXPORT(ids_at)(void) { return (uint32_t)ids; }
uint32_t EXPORT(id_count_now)(void) { return id_count; }
uint32_t EXPORT(logits_at)(void) { return (uint32_t)logits; }

/* The index of the highest number, the first one of equals. Sixteen numbers at a time. */
static uint32_t highest(const float *values, uint32_t count) {
  uint32_t blocks = count & ~15u, i;
  v128_t most[4] = {wasm_f32x4_splat(values[0]), wasm_f32x4_splat(values[0]), wasm_f32x4_splat(values[0]), wasm_f32x4_splat(values[0])};
  for (i = 0; i < blocks; i += 16)
    for (int k = 0; k < 4; k++) most[k] = wasm_f32x4_pmax(most[k], wasm_v128_load(values + i + 4 * k));
  v128_t all = wasm_f32x4_pmax(wasm_f32x4_pmax(most[0], most[1]), wasm_f32x4_pmax(most[2], most[3]));
  float top = values[0];
  for (int k = 0; k < 4; k++)
    if (((float *)&all)[k] > top) top = ((float *)&all)[k];
  for (i = blocks; i < count; i++)
    if (values[i] > top) top = values[i];
  /* Where it is: the blocks without it are passed over. */
  all = wasm_f32x4_splat(top);
  for (i = 0; i < blocks; i += 16) {
    v128_t there = wasm_f32x4_eq(all, wasm_v128_load(values + i));
    for (int k = 1; k < 4; k++) there = wasm_v128_or(there, wasm_f32x4_eq(all, wasm_v128_load(values + i + 4 * k)));
    if (wasm_v128_any_true(there)) break;
  }
  while (i + 1 < count && values[i] != top) i++;
  return i;
}

/* The model of this name: its id, its metadata read. */
static int32_t load(const char *name, uint32_t name_bytes) {
  int32_t model = realm_host_load_model_by_name(name, name_bytes);
  if (model < 0) return model;
  json_bytes = realm_get_model_metadata(model, json, sizeof json);
  return json_bytes < 0 ? json_bytes : model;
}

/* 1: all layers in one call, for hosts that are far away. 0: one call a layer. */
static uint32_t layers_at_once;
void EXPORT(set_layers_at_once)(uint32_t on) { layers_at_once = on; }

/* Streams the most probable continuation of a prompt. Returns how many tokens it has, or what failed. */
int32_t EXPORT(run)(const char *name, uint32_t name_bytes, const char *prompt, uint32_t prompt_bytes, uint32_t most) {
  int32_t model = load(name, name_bytes);
  if (model < 0) return model;
  uint32_t width = number("hidden_size"), vocab = number("vocab_size"), context = number("max_seq_len");
  int32_t layers = number("num_layers");
  if (!ids) ids = (uint32_t *)alloc(MOST_IDS * 4);
  logits = room(logits, &logits_room, vocab);
  hidden = room(hidden, &hidden_room, CHUNK * width);
  if (!ids || !logits || !hidden) return -2;
  int32_t count = realm_encode_tokens(model, prompt, prompt_bytes, ids, MOST_IDS * 4);
  if (count < 0) return count;
  uint32_t position = 0, first = count;
  id_count = count;
  for (;;) {
    uint32_t rows = 0;
    while (position < id_count) { /* the prompt in chunks, then one token at a time */
      rows = id_count - position < CHUNK ? id_count - position : CHUNK;
      int32_t done = realm_embed_tokens(model, ids + position, rows, hidden);
      for (int32_t layer = 0; done >= 0 && !layers_at_once && layer < layers; layer++)
        done = realm_forward_layer(model, layer, hidden, rows * width, position, hidden);
      if (done >= 0 && layers_at_once) done = realm_forward_layers(model, 0, layers, hidden, rows * width, position, hidden);
      if (done < 0) return done;
      position += rows;
    }
    int32_t done = realm_compute_logits(model, hidden + (rows - 1) * width, width, logits);
    if (done < 0) return done;
    if (id_count - first == most || id_count == MOST_IDS || id_count == context) break;
    uint32_t best = highest(logits, vocab);
    char text[256];
    int32_t bytes = realm_decode_tokens(model, &best, 1, text, sizeof text);
    if (bytes < 0) return bytes;
    if (bytes == 0) break; /* a special token, without text: the end */
    ids[id_count++] = best;
    if ((done = realm_stream_token(text, bytes)) != 0) return done < 0 ? done : (int32_t)(id_count - first);
  }
  return id_count - first;
}

/* The same with one call: the host generates and streams. Returns the bytes of the text. */
int32_t EXPORT(ask)(const char *name, uint32_t name_bytes, const char *prompt, uint32_t prompt_bytes, uint32_t most) {
  int32_t model = load(name, name_bytes);
  if (model < 0) return model;
  struct realm_generation options = {most, 0, 1, 0, 1, 0, 0, 0};
  static char *text;
  if (!text) text = (char *)alloc(65536);
  return text ? realm_host_generate(model, prompt, prompt_bytes, &options, text, 65536) : -2;
}
