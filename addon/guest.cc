#include "guest.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "codes.h"
#include "convert.h"
#include "environment.h"
#include "generation.h"

namespace realm {

// int32_t realm_stored_add_model(uint64_t model, uint32_t *id, realm_error *error);
napi_value StoreOwn(napi_env env, napi_callback_info info) {
  const Args args(env, info);
  uint64_t model;
  uint32_t id = 0;
  if (!args.Need(1) || !ToHandle(env, args.at[0], &model)) return nullptr;
  const Engine* engine = RequireEngine(env);
  if (!engine) return nullptr;
  Failure error;
  if (engine->stored_add_model(model, &id, &error) != 0) return ThrowEngine(env, error);
  Environment::Of(env)->own.insert(id);
  return FromNumber(env, id);
}

// int32_t realm_stored_open(uint32_t id, int32_t vocab_only, uint64_t *model, realm_error *error);
napi_value OpenStored(napi_env env, napi_callback_info info) {
  const Args args(env, info);
  uint32_t id;
  int32_t vocab_only;
  uint64_t model = 0;
  if (!args.Need(2) || !ToU32(env, args.at[0], &id) || !ToI32(env, args.at[1], &vocab_only)) return nullptr;
  const Engine* engine = RequireEngine(env);
  if (!engine) return nullptr;
  Failure error;
  if (engine->stored_open(id, vocab_only, &model, &error) != 0) return ThrowEngine(env, error);
  Environment::Of(env)->models.insert(model);
  return FromHandle(env, model);
}

// The bytes as they are: a token may be a part of a character.
// int32_t realm_model_detokenize(uint64_t model, const uint32_t *ids, uint64_t count, int32_t skip_special, uint8_t *text, uint64_t capacity, uint64_t *length, realm_error *error);
napi_value DetokenizeBytes(napi_env env, napi_callback_info info) {
  const Args args(env, info);
  uint64_t model;
  std::vector<uint32_t> ids;
  int32_t skip_special;
  if (!args.Need(3) || !ToHandle(env, args.at[0], &model) || !ToIds(env, args.at[1], &ids) || !ToBool(env, args.at[2], &skip_special))
    return nullptr;
  const Engine* engine = RequireEngine(env);
  if (!engine) return nullptr;
  std::vector<uint8_t> text(ids.size() * 8 + 64);
  const auto detokenize = [&](uint8_t* out, uint64_t capacity, uint64_t* needed, realm_error* error) {
    return engine->model_detokenize(model, ids.data(), ids.size(), skip_special, out, capacity, needed, error);
  };
  if (!Fit(env, &text, detokenize)) return nullptr;
  return CopyToArrayBuffer(env, text.data(), text.size());
}

namespace {

// The engine's thread says that there is something to read.
struct Bell {
  std::mutex gate;
  std::condition_variable rung;
  bool news = false;

  static void Ring(void* user) {
    auto* bell = static_cast<Bell*>(user);
    std::lock_guard<std::mutex> guard(bell->gate);
    bell->news = true;
    bell->rung.notify_one();
  }

  void Wait() {
    std::unique_lock<std::mutex> lock(gate);
    // Not for ever: who is told to end while it waits here must come to notice it.
    rung.wait_for(lock, std::chrono::milliseconds(100), [this] { return news; });
    news = false;
  }
};

// Calls `chunk(text, tokens)`. False: it failed, with an exception pending.
bool Deliver(napi_env env, napi_value chunk, const std::string& text, const std::vector<uint32_t>& tokens, bool* go_on) {
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return false;
  napi_value receiver, answer, argv[2];
  argv[0] = FromText(env, text.data(), text.size());
  argv[1] = CopyToArrayBuffer(env, tokens.data(), tokens.size() * sizeof(uint32_t));
  const bool called = argv[0] && argv[1] && napi_get_global(env, &receiver) == napi_ok &&
                      napi_call_function(env, receiver, chunk, 2, argv, &answer) == napi_ok;
  if (called && napi_get_value_bool(env, answer, go_on) != napi_ok) *go_on = true;
  napi_close_handle_scope(env, scope);
  return called;
}

}  // namespace

// A generation of which the caller's thread waits for every part: imports of WebAssembly cannot do otherwise.
// int32_t realm_model_generate_start(uint64_t model, const uint32_t *ids, uint64_t count, const realm_generation_options *options, realm_notify notify, void *user, uint64_t *job, realm_error *error);
// int32_t realm_job_read(uint64_t job, uint8_t *text, uint64_t text_capacity, uint32_t *tokens, uint64_t token_capacity, realm_job_state *state, realm_error *error);
// int32_t realm_job_close(uint64_t job, realm_error *error);
napi_value GenerateWait(napi_env env, napi_callback_info info) {
  const Args args(env, info);
  uint64_t model, job = 0;
  std::vector<uint32_t> ids;
  std::vector<uint8_t> stops;
  realm_generation_options options = {};
  if (!args.Need(4) || !ToHandle(env, args.at[0], &model) || !ToIds(env, args.at[1], &ids) ||
      !ToGenerationOptions(env, args.at[2], &options, &stops))
    return nullptr;
  const Engine* engine = RequireEngine(env);
  if (!engine) return nullptr;
  Failure error;
  Bell bell;
  if (engine->model_generate_start(model, ids.data(), ids.size(), &options, Bell::Ring, &bell, &job, &error) != 0)
    return ThrowEngine(env, error);

  std::vector<uint8_t> text_part(4096);
  std::vector<uint32_t> token_part(256);
  realm_job_state state = {};
  std::string text;
  std::vector<uint32_t> tokens;
  bool alive = true, go_on = true;
  while (alive && go_on && !state.done) {
    bell.Wait();
    text.clear();
    tokens.clear();
    do {  // all that is new before it becomes a string, so that our capacity cuts no character
      if (engine->job_read(job, text_part.data(), text_part.size(), token_part.data(), token_part.size(), &state, &error) != 0) {
        state.done = 1;
        state.status = error.code;
        state.text_length = state.token_count = 0;
      }
      text.append(reinterpret_cast<char*>(text_part.data()), state.text_length);
      tokens.insert(tokens.end(), token_part.begin(), token_part.begin() + state.token_count);
    } while (!state.done && (state.text_length != 0 || state.token_count != 0));
    // Also without news: a thread that is being terminated lets no call through, and that is how this loop learns it.
    alive = Deliver(env, args.at[3], text, tokens, &go_on);
  }
  engine->job_close(job, nullptr);  // cancels what still runs; afterwards nobody rings the bell
  if (!alive) return nullptr;
  if (state.done && state.status != 0) return ThrowEngine(env, error);
  return FromNumber(env, state.done ? state.finish_reason : 3);
}

}  // namespace realm
