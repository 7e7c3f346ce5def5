#include "job.h"

#include <string>
#include <vector>

#include "codes.h"
#include "convert.h"
#include "environment.h"

namespace realm {

Job* Job::Prepare(napi_env env, napi_value callback, napi_value memory) {
  const Engine* engine = RequireEngine(env);
  if (!engine) return nullptr;
  napi_value name;
  auto* job = new Job();
  job->engine = engine;
  job->env = env;
  const auto destroy = [](napi_env, void* data, void*) { delete static_cast<Job*>(data); };
  if (napi_create_string_utf8(env, "realm.job", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_create_threadsafe_function(env, callback, nullptr, name, 0, 1, job, destroy, job, Drain, &job->queue) != napi_ok) {
    delete job;
    ThrowType(env, "failed to downcast any to function");
    return nullptr;
  }
  if (memory) napi_create_reference(env, memory, 1, &job->memory);
  return job;
}

napi_value Job::Launched(int32_t status, const realm_error& error) {
  if (status != 0) {
    if (memory) napi_delete_reference(env, memory);
    napi_release_threadsafe_function(queue, napi_tsfn_abort);
    return ThrowEngine(env, error);
  }
  running = true;
  // Hooks run last in, first out: this one before the queue's own, so that no engine thread calls a queue that closes.
  napi_add_env_cleanup_hook(env, CloseAtTeardown, this);
  return FromHandle(env, handle);
}

void Job::Notify(void* user) {
  auto* job = static_cast<Job*>(user);
  if (!job->scheduled.exchange(true)) napi_call_threadsafe_function(job->queue, nullptr, napi_tsfn_nonblocking);
}

// The environment ends (worker.terminate(), the natural end of the main thread). No JavaScript may be called any more.
// int32_t realm_job_close(uint64_t job, realm_error *error);
void Job::CloseAtTeardown(void* user) {
  auto* job = static_cast<Job*>(user);
  job->running = false;
  job->engine->job_close(job->handle, nullptr);
}

void Job::Finish() {
  running = false;
  napi_remove_env_cleanup_hook(env, CloseAtTeardown, this);
  engine->job_close(handle, nullptr);
  if (memory) napi_delete_reference(env, memory);
  napi_release_threadsafe_function(queue, napi_tsfn_release);
}

// Runs on the JavaScript thread.
// int32_t realm_job_read(uint64_t job, uint8_t *text, uint64_t text_capacity, uint32_t *tokens, uint64_t token_capacity, realm_job_state *state, realm_error *error);
void Job::Drain(napi_env env, napi_value callback, void* context, void*) {
  if (!env) return;  // the queue is emptied at its end; the job is deleted already
  auto* job = static_cast<Job*>(context);
  if (!job->running) return;
  job->scheduled.store(false);  // before reading: what comes from now on wakes us again

  // All that is new is put together before it becomes a JavaScript string, so a character is never cut by our capacity.
  constexpr size_t kText = 4096, kTokens = 256;
  uint8_t text_part[kText];
  uint32_t token_part[kTokens];
  std::string text;
  std::vector<uint32_t> tokens;
  realm_job_state state = {};
  Failure error;
  for (;;) {
    if (job->engine->job_read(job->handle, text_part, kText, token_part, kTokens, &state, &error) != 0) {
      state.done = 1;
      state.status = error.code;
      break;
    }
    text.append(reinterpret_cast<char*>(text_part), state.text_length);
    tokens.insert(tokens.end(), token_part, token_part + state.token_count);
    if (state.done || (state.text_length == 0 && state.token_count == 0)) break;
  }
  if (!state.done && text.empty() && tokens.empty()) return;
  napi_value memory = Undefined(env);
  if (state.done && job->memory) napi_get_reference_value(env, job->memory, &memory);
  if (state.done) job->Finish();
  if (state.model) Environment::Of(env)->models.insert(state.model);

  napi_value receiver, done, failure = Undefined(env), argv[10];
  if (state.done && state.status != 0) {
    napi_value code, message;
    const std::string words = Message(error);
    if (napi_create_string_utf8(env, CodeName(state.status), NAPI_AUTO_LENGTH, &code) != napi_ok ||
        napi_create_string_utf8(env, words.data(), words.size(), &message) != napi_ok ||
        napi_create_error(env, code, message, &failure) != napi_ok)
      return;
  }
  argv[0] = FromText(env, text.data(), text.size());
  argv[1] = tokens.empty() ? Undefined(env) : CopyToArrayBuffer(env, tokens.data(), tokens.size() * sizeof(uint32_t));
  if (napi_get_boolean(env, state.done != 0, &done) != napi_ok || napi_get_global(env, &receiver) != napi_ok) return;
  argv[2] = done;
  argv[3] = failure;
  argv[4] = FromHandle(env, state.model);
  argv[5] = FromNumber(env, static_cast<double>(state.prompt_tokens));
  argv[6] = FromNumber(env, state.finish_reason);
  argv[7] = memory;
  argv[8] = FromNumber(env, static_cast<double>(state.drafted_tokens));
  argv[9] = FromNumber(env, static_cast<double>(state.accepted_tokens));
  for (napi_value value : argv)
    if (!value) return;  // the environment is being terminated: its hook has closed the job or will
  napi_call_function(env, receiver, callback, 10, argv, nullptr);
}

// int32_t realm_job_cancel(uint64_t job, realm_error *error);
napi_value CancelJob(napi_env env, napi_callback_info info) {
  const Args args(env, info);
  uint64_t job;
  if (!args.Need(1) || !ToHandle(env, args.at[0], &job)) return nullptr;
  // A job that has ended is unknown to the engine: nothing to cancel, no error.
  if (const Engine* engine = LoadedEngine()) engine->job_cancel(job, nullptr);
  return Undefined(env);
}

}  // namespace realm
