#include "job.h"

#include <string.h>

#include <memory>

#include "environment.h"

namespace realm {

void News::EndOutOfMemory() noexcept {
  static constexpr char kWords[] = "no memory for what the job had to tell";
  text.clear();
  tokens.clear();
  state.done = 1;
  state.model = 0;
  state.status = error.code = E_OUT_OF_MEMORY;
  error.length = sizeof(kWords) - 1;
  memcpy(error.message, kWords, error.length);
}

// int32_t realm_job_read(uint64_t job, uint8_t *text, uint64_t text_capacity, uint32_t *tokens, uint64_t token_capacity, realm_job_state *state, realm_error *error);
void News::Read(const Engine* engine, uint64_t job) noexcept {
  uint8_t text_part[4096];
  uint32_t token_part[256];
  text.clear();
  tokens.clear();
  try {
    do {
      if (engine->job_read(job, text_part, sizeof(text_part), token_part, 256, &state, &error) != 0) {
        state.done = 1;
        state.status = error.code;
        return;
      }
      text.append(reinterpret_cast<char*>(text_part), state.text_length);
      tokens.insert(tokens.end(), token_part, token_part + state.token_count);
    } while (!state.done && (state.text_length != 0 || state.token_count != 0));
  } catch (const std::exception&) {
    EndOutOfMemory();
  }
}

Job* Job::Prepare(Call& call, Napi::Value callback, Napi::Value memory) {
  if (!call.Ready()) return nullptr;
  if (!callback.IsFunction()) return call.FailType("failed to downcast any to function"), nullptr;
  auto job = std::make_unique<Job>();
  job->_engine = call.engine;
  if (!memory.IsEmpty()) job->_memory = Napi::Reference<Napi::Value>::New(memory, 1);
  const auto destroy = [](Napi::Env, Job* job, Job*) { delete job; };
  job->_queue = decltype(job->_queue)::New(call.env, callback.As<Napi::Function>(), "realm.job", 0, 1, job.get(), destroy, job.get());
  if (call.env.IsExceptionPending()) return nullptr;
  return job.release();
}

Napi::Value Job::Launched(Call& call, int32_t status, const realm_error& error) {
  if (status != 0) {
    _queue.Abort();
    return call.FailEngine(error);
  }
  _running = true;
  // The environment ends (worker.terminate(), the natural end of the main thread): no JavaScript may be called any more.
  // Hooks run last in, first out: this one before the queue's own, so that no engine thread calls a queue that closes.
  _teardown = call.env.AddCleanupHook(+[](Job* job) { job->Close(); }, this);
  return Napi::BigInt::New(call.env, _handle);
}

void Job::Notify(void* user) {
  auto* job = static_cast<Job*>(user);
  if (!job->_scheduled.exchange(true)) job->_queue.NonBlockingCall();
}

// int32_t realm_job_close(uint64_t job, realm_error *error);
void Job::Close() {
  _running = false;
  _engine->job_close(_handle, nullptr);
}

// Runs on the JavaScript thread.
void Job::Drain(Napi::Env env, Napi::Function callback, Job* job, void*) {
  if (!static_cast<napi_env>(env)) return;  // the queue is emptied at its end; the job is deleted already
  if (!job->_running) return;
  job->_scheduled.store(false);  // before reading: what comes from now on wakes us again

  News news;
  news.Read(job->_engine, job->_handle);
  const realm_job_state& state = news.state;
  if (!state.done && news.text.empty() && news.tokens.empty()) return;
  if (state.model && !env.GetInstanceData<Environment>()->KeepModel(state.model)) news.EndOutOfMemory();

  Napi::Value text, tokens = env.Undefined();
  Guard(env, [&] {
    text = NewText(env, news.text.data(), news.text.size());
    if (!news.tokens.empty()) tokens = CopyToBuffer(env, news.tokens.data(), news.tokens.size() * sizeof(uint32_t));
  });
  if (env.IsExceptionPending()) {
    env.GetAndClearPendingException();
    news.EndOutOfMemory();
    text = NewText(env, "", 0);
    tokens = env.Undefined();
  }
  Napi::Value memory = env.Undefined();
  if (state.done) {
    if (!job->_memory.IsEmpty()) memory = job->_memory.Value();
    job->_teardown.Remove(env);
    job->Close();
    job->_queue.Release();
  }

  if (text.IsEmpty() || tokens.IsEmpty()) return;  // the environment is being terminated
  Guard(env, [&] {
    Napi::Value failure = env.Undefined();
    if (state.done && state.status != 0) {
      Napi::Error error = Napi::Error::New(env, Message(news.error));
      error.Value().Set("code", CodeName(state.status));
      failure = error.Value();
    }
    const auto number = [&](double value) { return Napi::Number::New(env, value); };
    callback.Call({text, tokens, Napi::Boolean::New(env, state.done != 0), failure, Napi::BigInt::New(env, state.model),
                   number(static_cast<double>(state.prompt_tokens)), number(state.finish_reason), memory,
                   number(static_cast<double>(state.drafted_tokens)), number(static_cast<double>(state.accepted_tokens))});
  });
}

// int32_t realm_job_cancel(uint64_t job, realm_error *error);
Napi::Value CancelJob(Call& call) {
  const uint64_t job = call.ToHandle(call[0]);
  // A job that has ended is unknown to the engine: nothing to cancel, no error.
  const Engine* engine = LoadedEngine();
  if (call.ok() && engine) engine->job_cancel(job, nullptr);
  return {};
}

}  // namespace realm
