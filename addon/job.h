// Work on the engine's threads, and the way its results come back to JavaScript.
//
// The engine calls Notify from its own thread; that wakes the JavaScript thread once, however often it is called before
// the JavaScript thread gets to it (so a fast model can't flood the event loop); the JavaScript thread then reads all
// that is new and calls
// `callback(text, tokens, done, error, model, promptTokens, finishReason, memory, draftedTokens, acceptedTokens)`; `memory`
// is what Start was given, with the job's end.
#pragma once
#include <node_api.h>
#include <stdint.h>

#include <atomic>

#include "convert.h"
#include "engine.h"

namespace realm {

struct Job {
  // Calls `launch(job, &handle, &error)`, which hands Job::Notify and the job to a realm_*_start function. Returns the
  // handle for JavaScript, or nullptr with an exception pending. `memory` (may be nullptr) is kept until the job's end.
  template <typename Launch>
  static napi_value Start(napi_env env, napi_value callback, napi_value memory, Launch launch);

  static void Notify(void* job);

  const Engine* engine = nullptr;
  uint64_t handle = 0;
  napi_env env = nullptr;
  napi_threadsafe_function queue = nullptr;  // owns this: its finalizer deletes the job
  napi_ref memory = nullptr;
  std::atomic<bool> scheduled{false};
  bool running = false;  // on the JavaScript thread only

 private:
  static Job* Prepare(napi_env env, napi_value callback, napi_value memory);
  napi_value Launched(int32_t status, const realm_error& error);
  static void Drain(napi_env env, napi_value callback, void* context, void*);
  static void CloseAtTeardown(void* job);
  void Finish();
};

template <typename Launch>
napi_value Job::Start(napi_env env, napi_value callback, napi_value memory, Launch launch) {
  Job* job = Prepare(env, callback, memory);
  if (!job) return nullptr;
  Failure error;
  return job->Launched(launch(job, &job->handle, &error), error);
}

napi_value CancelJob(napi_env env, napi_callback_info info);

}  // namespace realm
