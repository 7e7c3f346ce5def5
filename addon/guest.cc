#include "guest.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "environment.h"
#include "generation.h"
#include "job.h"

namespace realm {

// int32_t realm_stored_add_model(uint64_t model, uint32_t *id, realm_error *error);
Napi::Value StoreOwn(Call& call) {
  const uint64_t model = call.ToHandle(call[0]);
  if (!call.Ready()) return {};
  Failure error;
  uint32_t id = 0;
  if (call.engine->stored_add_model(model, &id, &error) != 0) return call.FailEngine(error);
  if (!call.env.GetInstanceData<Environment>()->KeepStored(id)) throw std::bad_alloc();
  return Napi::Number::New(call.env, id);
}

// int32_t realm_stored_open(uint32_t id, int32_t vocab_only, uint64_t *model, realm_error *error);
Napi::Value OpenStored(Call& call) {
  const uint32_t id = call.ToU32(call[0]);
  const int32_t vocab_only = call.ToI32(call[1]);
  if (!call.Ready()) return {};
  Failure error;
  uint64_t model = 0;
  if (call.engine->stored_open(id, vocab_only, &model, &error) != 0) return call.FailEngine(error);
  if (!call.env.GetInstanceData<Environment>()->KeepModel(model)) throw std::bad_alloc();
  return Napi::BigInt::New(call.env, model);
}

namespace {

// A job of which this thread waits for every part. The engine's thread rings when there is something to read.
class Waiting {
 public:
  ~Waiting() {
    if (engine) engine->job_close(job, nullptr);  // cancels what still runs; afterwards nobody rings
  }

  static void Ring(void* user) {
    auto* waiting = static_cast<Waiting*>(user);
    std::lock_guard<std::mutex> guard(waiting->_gate);
    waiting->_rung = true;
    waiting->_bell.notify_one();
  }

  void Wait() {
    std::unique_lock<std::mutex> lock(_gate);
    // Not for ever: who is told to end while it waits here must come to notice it.
    _bell.wait_for(lock, std::chrono::milliseconds(100), [this] { return _rung; });
    _rung = false;
  }

  const Engine* engine = nullptr;  // since the job was started
  uint64_t job = 0;

 private:
  std::mutex _gate;
  std::condition_variable _bell;
  bool _rung = false;
};

// Calls `chunk(event)`. False: it failed, with an exception pending or a thread that is being terminated.
bool Deliver(Napi::Env env, Napi::Function chunk, const News& news, bool* go_on) {
  const Napi::HandleScope scope(env);
  const Napi::Value event = news.ToEvent(env, {});
  if (event.IsEmpty() || env.IsExceptionPending()) return false;
  const Napi::Value answer = chunk.Call({event});
  if (answer.IsEmpty()) return false;
  *go_on = !answer.IsBoolean() || answer.As<Napi::Boolean>().Value();
  return true;
}

}  // namespace

// A generation of which the caller's thread waits for every part: imports of WebAssembly cannot do otherwise.
Napi::Value GenerateWait(Call& call) {
  const Generating generating(call);
  if (!call.Ready()) return {};
  if (!call[3].IsFunction()) return call.FailType("failed to downcast any to function");
  Waiting waiting;
  Failure error;
  if (generating.Start(call.engine, Waiting::Ring, &waiting, &waiting.job, &error) != 0) return call.FailEngine(error);
  waiting.engine = call.engine;

  News news;
  bool go_on = true;
  while (go_on && !news.state.done) {
    waiting.Wait();
    news.Read(call.engine, waiting.job);
    // Also without news: a thread that is being terminated lets no call through, and that is how this loop learns it.
    if (!Deliver(call.env, call[3].As<Napi::Function>(), news, &go_on)) return {};
  }
  return {};
}

}  // namespace realm
