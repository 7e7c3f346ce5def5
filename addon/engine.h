// The engine library, opened once a process and never closed.
#pragma once
#include <string>

#include "realm.h"

namespace realm {

// Every function of realm.h, by its name without `realm_`. `npm run lint` compares this list with the header.
#define REALM_FUNCTIONS(X) \
  X(abi_version)           \
  X(engine_describe)       \
  X(engine_shutdown)       \
  X(engine_watch_files)    \
  X(stored_add_bytes)      \
  X(stored_add_path)       \
  X(stored_add_model)      \
  X(stored_open)           \
  X(stored_remove)         \
  X(stored_info)           \
  X(stored_shape)          \
  X(stored_tensor_size)    \
  X(stored_tensor_read)    \
  X(stored_embed)          \
  X(stored_forward)        \
  X(stored_logits)         \
  X(file_inspect)          \
  X(file_inspect_start)    \
  X(model_open_bytes)      \
  X(model_open_path)       \
  X(model_open_bytes_start) \
  X(model_open_path_start) \
  X(model_close)           \
  X(model_describe)        \
  X(model_memory)          \
  X(model_passes)          \
  X(model_tokenize)        \
  X(model_tokenize_segments) \
  X(model_detokenize)      \
  X(model_detokenize_next) \
  X(model_compile)         \
  X(model_compile_start)   \
  X(model_test_text)       \
  X(model_logits_start)    \
  X(model_score_start)     \
  X(model_embed_start)     \
  X(model_verify_start)    \
  X(model_generate_start)  \
  X(sampler_open)          \
  X(sampler_accept)        \
  X(sampler_choose)        \
  X(sampler_close)         \
  X(session_open)          \
  X(session_fork)          \
  X(session_rewind)        \
  X(session_tokens)        \
  X(session_generate_start) \
  X(session_save_start)    \
  X(session_restore_start) \
  X(session_close)         \
  X(job_read)              \
  X(job_end)               \
  X(job_take_logits)       \
  X(job_answer_logits)     \
  X(job_cancel)            \
  X(job_close)

struct Engine {
#define REALM_MEMBER(name) decltype(&realm_##name) name;
  REALM_FUNCTIONS(REALM_MEMBER)
#undef REALM_MEMBER
};

// The engine, or nullptr and in *problem what stands in the way and what to do about it. A failure is tried again at
// the next call: the user may have put the file in place.
const Engine* LoadEngine(std::string* problem);

// The engine if some call has loaded it already, else nullptr. For the ways out, which must not load anything.
const Engine* LoadedEngine();

}  // namespace realm
