/* examples/paris.js in C: text to tokens, embed, layer by layer, logits, argmax, stream. The weights stay in the host. */
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

/* 1: all layers in one call, for hosts that are far away. 0: one call a layer. */
static uint32_t layers_at_once;
void EXPORT(set_layers_at_once)(uint32_t on) { layers_at_once = on; }

/* Streams the most probable continuation of a prompt. Returns how many tokens it has, or what failed. */
int32_t EXPORT(run)(const char *name, uint32_t name_bytes, const char *prompt, uint32_t prompt_bytes, uint32_t most) {
  int32_t model = realm_host_load_model_by_name(name, name_bytes);
  if (model < 0) return model;
  uint32_t width = realm_hidden_size(model), vocab = realm_vocab_size(model), context = realm_context_length(model);
  int32_t layers = realm_layer_count(model);
  if (!ids) ids = (uint32_t *)alloc(MOST_IDS * 4);
  logits = room(logits, &logits_room, vocab);
  hidden = room(hidden, &hidden_room, CHUNK * width);
  if (!ids || !logits || !hidden) return -2;
  int32_t count = realm_encode_tokens(model, prompt, prompt_bytes, ids, MOST_IDS * 4);
  if (count < 0) return count;
  int32_t decoder = realm_decoder_create(model, ids, count, 0, 0); /* a token may be a part of a character */
  if (decoder < 0) return decoder;
  uint32_t position = 0, first = count;
  id_count = count;
  int32_t done = 0;
  char text[256];
  for (;;) {
    uint32_t rows = 0;
    while (position < id_count) { /* the prompt in chunks, then one token at a time */
      rows = id_count - position < CHUNK ? id_count - position : CHUNK;
      done = realm_embed_tokens(model, ids + position, rows, hidden);
      for (int32_t layer = 0; done >= 0 && !layers_at_once && layer < layers; layer++)
        done = realm_forward_layer(model, layer, hidden, rows * width, position, hidden);
      if (done >= 0 && layers_at_once) done = realm_forward_layers(model, 0, layers, hidden, rows * width, position, hidden);
      if (done < 0) return done;
      position += rows;
    }
    done = realm_compute_logits(model, hidden + (rows - 1) * width, width, logits);
    if (done < 0) return done;
    done = 0;
    if (id_count - first == most || id_count == MOST_IDS || id_count == context) break;
    uint32_t best = realm_argmax(logits, vocab);
    if (realm_is_end_token(model, best)) break;
    ids[id_count++] = best;
    if ((done = realm_decoder_next(decoder, &best, 1, text, sizeof text)) > 0) done = realm_stream_token(text, done);
    if (done != 0) break; /* below 0: what failed; 1: the host asks to stop */
  }
  if (done >= 0 && (done = realm_decoder_end(decoder, text, sizeof text)) > 0) done = realm_stream_token(text, done);
  realm_decoder_remove(decoder);
  return done < 0 ? done : (int32_t)(id_count - first);
}

/* The same with one call: the host generates and streams. Returns the bytes of the text. */
int32_t EXPORT(ask)(const char *name, uint32_t name_bytes, const char *prompt, uint32_t prompt_bytes, uint32_t most) {
  int32_t model = realm_host_load_model_by_name(name, name_bytes);
  if (model < 0) return model;
  struct realm_generation options = {most, 0, 1, 0, 1, 0, 0, 0};
  static char *text;
  if (!text) text = (char *)alloc(65536);
  return text ? realm_host_generate(model, prompt, prompt_bytes, &options, text, 65536) : -2;
}
