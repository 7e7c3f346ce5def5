#include "job.h"

#include <string.h>

#include <memory>

#include "environment.h"

namespace realm {

void News::EndOutOfMemory() noexcept {
  static constexpr char kWords[] = "no memory for what the job had to tell";
  text.clear();
  tokens.clear();
  tops.clear();
  end.clear();
  state.done = 1;
  state.model = 0;
  state.status = error.code = E_OUT_OF_MEMORY;
  error.length = sizeof(kWords) - 1;
  memcpy(error.message, kWords, error.length);
}

// int32_t realm_job_read(uint64_t job, uint8_t *text, uint64_t text_capacity, realm_token *tokens, uint64_t token_capacity, realm_top *tops, uint64_t top_capacity, realm_job_state *state, realm_error *error);
// int32_t realm_job_end(uint64_t job, uint8_t *json, uint64_t capacity, uint64_t *length, realm_error *error);
void News::Read(const Engine* engine, uint64_t job) noexcept {
  constexpr size_t kText = 4096, kTokens = 256, kTops = 1024;
  uint8_t text_part[kText];
  realm_token token_part[kTokens];
  realm_top top_part[kTops];
  text.clear();
  tokens.clear();
  tops.clear();
  state.struct_size = sizeof(state);
  try {
    do {
      if (engine->job_read(job, text_part, kText, token_part, kTokens, top_part, kTops, &state, &error) != 0) {
        state.done = 1;
        state.status = error.code;
        return;
      }
      text.append(reinterpret_cast<char*>(text_part), state.text_length);
      tokens.insert(tokens.end(), token_part, token_part + state.token_count);
      tops.insert(tops.end(), top_part, top_part + state.top_count);
    } while (!state.done && (state.text_length != 0 || state.token_count != 0));
    if (!state.done || state.status != 0) return;
    uint64_t length = kText;
    Failure failure;
    do {
      end.resize(length);
      if (engine->job_end(job, reinterpret_cast<uint8_t*>(&end[0]), end.size(), &length, &failure) != 0) length = 0;
    } while (length > end.size());
    end.resize(length);
  } catch (const std::exception&) {
    EndOutOfMemory();
  }
}

Napi::Value News::ToEvent(Napi::Env env, Napi::Value memory) const {
  const auto event = Napi::Object::New(env);
  const auto put = [&](const char* name, Napi::Value value) {
    if (value.IsEmpty() || env.IsExceptionPending()) return false;
    event.Set(name, value);
    return true;
  };
  if (!put("text", NewText(env, text.data(), text.size()))) return {};
  if (!tokens.empty() && !put("tokens", CopyToBuffer(env, tokens.data(), tokens.size() * sizeof(realm_token)))) return {};
  if (!tops.empty() && !put("tops", CopyToBuffer(env, tops.data(), tops.size() * sizeof(realm_top)))) return {};
  if (state.logit_count && !put("logits", Napi::Number::New(env, static_cast<double>(state.logit_count)))) return {};
  if (!state.done) return event;
  if (!put("end", NewText(env, end.data(), end.size()))) return {};
  if (state.status != 0) {
    Napi::Error failure = Napi::Error::New(env, Message(error));
    if (failure.IsEmpty()) return {};
    failure.Value().Set("code", CodeName(state.status));
    if (!put("error", failure.Value())) return {};
  }
  if (state.model && !put("model", Napi::BigInt::New(env, state.model))) return {};
  if (!memory.IsEmpty() && !put("memory", memory)) return {};
  return event;
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
  if (news.IsEmpty()) return;
  const realm_job_state& state = news.state;
  if (state.model && !env.GetInstanceData<Environment>()->KeepModel(state.model)) news.EndOutOfMemory();
  Napi::Value memory, event;
  if (state.done && !job->_memory.IsEmpty()) memory = job->_memory.Value();
  const auto make = [&] { event = news.ToEvent(env, memory); };
  Guard(env, make);
  bool failed = false;
  if (env.IsExceptionPending()) {
    env.GetAndClearPendingException();
    news.EndOutOfMemory();
    Guard(env, make);
    failed = env.IsExceptionPending();
    if (failed) env.GetAndClearPendingException();
  }
  if (state.done) {
    job->_teardown.Remove(env);
    job->Close();
    job->_queue.Release();
  }
  if (event.IsEmpty() && !failed) return;  // the environment is being terminated
  // Where there is no memory even for that, undefined stands for it. Nothing is allocated here: the end must be told.
  napi_value undefined = env.Undefined(), argument = failed ? undefined : static_cast<napi_value>(event);
  napi_call_function(env, undefined, callback, 1, &argument, nullptr);
}

// int32_t realm_job_cancel(uint64_t job, realm_error *error);
Napi::Value CancelJob(Call& call) {
  const uint64_t job = call.ToHandle(call[0]);
  // A job that has ended is unknown to the engine: nothing to cancel, no error.
  const Engine* engine = LoadedEngine();
  if (call.ok() && engine) engine->job_cancel(job, nullptr);
  return {};
}

// The view's memory is the caller's, and on this thread: nobody can take it away before the call returns.
static Napi::Value HandOver(Call& call, decltype(Engine::job_take_logits) Engine::*take, decltype(Engine::job_answer_logits) Engine::*answer) {
  const uint64_t job = call.ToHandle(call[0]);
  const Bytes logits = call.ToBytes(call[1]);
  if (!call.Ready()) return {};
  auto* numbers = reinterpret_cast<float*>(logits.data);
  const uint64_t count = logits.length / sizeof(float);
  Failure error;
  const int32_t status = take ? (call.engine->*take)(job, numbers, count, &error) : (call.engine->*answer)(job, numbers, count, &error);
  return status != 0 ? call.FailEngine(error) : Napi::Value();
}

// int32_t realm_job_take_logits(uint64_t job, float *out, uint64_t elements, realm_error *error);
Napi::Value TakeLogits(Call& call) { return HandOver(call, &Engine::job_take_logits, nullptr); }

// int32_t realm_job_answer_logits(uint64_t job, const float *logits, uint64_t elements, realm_error *error);
Napi::Value AnswerLogits(Call& call) { return HandOver(call, nullptr, &Engine::job_answer_logits); }

}  // namespace realm
