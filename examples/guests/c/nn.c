/* wasi-nn with WasmEdge's ggml conventions: the same guest runs here and under WasmEdge. Streams a continuation. */
#include <stdint.h>

#define NN(name) __attribute__((import_module("wasi_ephemeral_nn"), import_name(#name))) extern int32_t nn_##name
#define EXPORT(name) __attribute__((export_name(#name))) name

struct tensor { /* 20 bytes */
  const uint32_t *dims;
  uint32_t dims_length, type;
  const char *data;
  uint32_t data_length;
};

NN(load_by_name_with_config)(const char *name, uint32_t bytes, const char *config, uint32_t config_bytes, uint32_t *graph);
NN(init_execution_context)(uint32_t graph, uint32_t *context);
NN(set_input)(uint32_t context, uint32_t index, const struct tensor *input);
NN(compute)(uint32_t context);
NN(get_output)(uint32_t context, uint32_t index, char *out, uint32_t most, uint32_t *written);
NN(compute_single)(uint32_t context);
NN(get_output_single)(uint32_t context, uint32_t index, char *out, uint32_t most, uint32_t *written);
NN(fini_single)(uint32_t context);

enum { END_OF_SEQUENCE = 100 };

static char room[1024], text[65536];
static uint32_t room_used, text_length;

/* For the arguments of one call. */
uint32_t EXPORT(alloc)(uint32_t bytes) {
  if (bytes > sizeof room) return 0;
  if (room_used + bytes > sizeof room) room_used = 0;
  room_used += bytes;
  return (uint32_t)(room + room_used - bytes);
}

uint32_t EXPORT(text_at)(void) { return (uint32_t)text; }
uint32_t EXPORT(text_length_now)(void) { return text_length; }

/* 0, or nn_errno. stream: token by token; else at once. */
int32_t EXPORT(run)(const char *name, uint32_t name_bytes, const char *config, uint32_t config_bytes, const char *prompt, uint32_t prompt_bytes, uint32_t stream) {
  uint32_t graph, context, one = 1, written;
  int32_t error = nn_load_by_name_with_config(name, name_bytes, config, config_bytes, &graph);
  if (!error) error = nn_init_execution_context(graph, &context);
  struct tensor input = {&one, 1, 2, prompt, prompt_bytes};
  if (!error) error = nn_set_input(context, 0, &input);
  text_length = 0;
  if (error) return error;
  if (!stream) {
    error = nn_compute(context);
    return error ? error : nn_get_output(context, 0, text, sizeof text, &text_length);
  }
  while (!(error = nn_compute_single(context))) {
    error = nn_get_output_single(context, 0, text + text_length, sizeof text - text_length, &written);
    if (error) return error;
    text_length += written;
  }
  nn_fini_single(context);
  return error == END_OF_SEQUENCE ? 0 : error;
}
