// Work of which the caller's thread waits for every part: the event loop does not run meanwhile.
#pragma once
#include <condition_variable>
#include <mutex>

#include "call.h"
#include "engine.h"
#include "job.h"

namespace realm {

class Waiting {
 public:
  // Calls `launch(waiting, &handle, &error)`, which hands Waiting::Ring and the waiting to a realm_*_start function, then `callback(event)`
  // with JobEvent of js/engine/binding.ts until the work is done, or until `callback` returns false. `memory` (may be empty) comes with the end.
  template <typename Launch>
  static Napi::Value Run(Call& call, Napi::Value callback, Napi::Value memory, Launch launch) {
    if (!call.Ready()) return {};
    if (!callback.IsFunction()) return call.FailType("failed to downcast any to function");
    Waiting waiting;
    Failure error;
    if (launch(&waiting, &waiting._job, &error) != 0) return call.FailEngine(error);
    waiting._engine = call.engine;
    waiting.Deliver(call, callback.As<Napi::Function>(), memory);
    return {};
  }

  ~Waiting() {
    if (_engine) _engine->job_close(_job, nullptr);  // cancels what still runs; afterwards nobody rings
  }

  // The engine's thread has something to read.
  static void Ring(void* waiting);

 private:
  void Wait();
  void Deliver(Call& call, Napi::Function callback, Napi::Value memory);

  const Engine* _engine = nullptr;  // since the job was started
  uint64_t _job = 0;
  std::mutex _gate;
  std::condition_variable _bell;
  bool _rung = false;
};

// Starts `work(notify, user, &handle, &error)` as a job, or waits for it.
template <typename Work>
Napi::Value StartOrWait(Call& call, bool waits, Napi::Value callback, Napi::Value memory, const Work& work) {
  if (waits)
    return Waiting::Run(call, callback, memory, [&](Waiting* waiting, uint64_t* handle, realm_error* error) {
      return work(Waiting::Ring, waiting, handle, error);
    });
  return Job::Start(call, callback, memory, [&](Job* job, uint64_t* handle, realm_error* error) { return work(Job::Notify, job, handle, error); });
}

}  // namespace realm
