// Work on the engine's threads, and the way its results come back to JavaScript.
//
// The engine calls Notify from its own thread; that wakes the JavaScript thread once, however often it is called before
// the JavaScript thread gets to it (so a fast model can't flood the event loop); the JavaScript thread then reads all
// that is new and calls `callback(event)` with JobEvent of js/engine/binding.ts.
#pragma once
#include <stdint.h>

#include <atomic>
#include <string>
#include <vector>

#include "call.h"
#include "engine.h"

namespace realm {

// What a job has to tell since the last time, put together before it becomes a string of JavaScript, so that no capacity
// here cuts a character.
struct News {
  std::string text;
  std::vector<realm_token> tokens;
  std::vector<realm_top> tops;
  std::string end;  // JSON, when it is done and did not fail
  realm_job_state state = {};
  Failure error;  // of the job, when it is done and its status is not 0

  // Without memory the news is the job's end with E_OUT_OF_MEMORY.
  void Read(const Engine* engine, uint64_t job) noexcept;
  void EndOutOfMemory() noexcept;
  bool IsEmpty() const { return !state.done && text.empty() && tokens.empty() && !state.logit_count; }
  // `{ text, tokens, tops, logits, end, error, model, memory }`; empty: an exception is pending, or the thread is being terminated.
  Napi::Value ToEvent(Napi::Env env, Napi::Value memory) const;
};

class Job {
 public:
  // Calls `launch(job, &handle, &error)`, which hands Job::Notify and the job to a realm_*_start function. Returns the
  // handle for JavaScript. `memory` (may be empty) is kept until the job's end.
  template <typename Launch>
  static Napi::Value Start(Call& call, Napi::Value callback, Napi::Value memory, Launch launch) {
    Job* job = Prepare(call, callback, memory);
    if (!job) return {};
    Failure error;
    return job->Launched(call, launch(job, &job->_handle, &error), error);
  }

  static void Notify(void* job);

 private:
  static Job* Prepare(Call& call, Napi::Value callback, Napi::Value memory);
  Napi::Value Launched(Call& call, int32_t status, const realm_error& error);
  static void Drain(Napi::Env env, Napi::Function callback, Job* job, void*);
  void Close();

  const Engine* _engine = nullptr;
  uint64_t _handle = 0;
  Napi::TypedThreadSafeFunction<Job, void, Drain> _queue;  // owns this: its finalizer deletes the job
  Napi::Env::CleanupHook<void (*)(Job*), Job> _teardown;
  Napi::Reference<Napi::Value> _memory;
  std::atomic<bool> _scheduled{false};
  bool _running = false;  // on the JavaScript thread only
};

Napi::Value CancelJob(Call& call);
Napi::Value TakeLogits(Call& call);
Napi::Value AnswerLogits(Call& call);

}  // namespace realm
