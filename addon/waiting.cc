#include "waiting.h"

#include <chrono>

namespace realm {

void Waiting::Ring(void* user) {
  auto* waiting = static_cast<Waiting*>(user);
  std::lock_guard<std::mutex> guard(waiting->_gate);
  waiting->_rung = true;
  waiting->_bell.notify_one();
}

void Waiting::Wait() {
  std::unique_lock<std::mutex> lock(_gate);
  // Not for ever: who is told to end while it waits here must come to notice it.
  _bell.wait_for(lock, std::chrono::milliseconds(100), [this] { return _rung; });
  _rung = false;
}

void Waiting::Deliver(Call& call, Napi::Function callback, Napi::Value memory) {
  News news;
  bool go_on = true;
  while (go_on && !news.state.done) {
    Wait();
    news.Read(_engine, _job);
    // Also without news: a thread that is being terminated lets no call through, and that is how this loop learns it.
    const Napi::HandleScope scope(call.env);
    const Napi::Value event = news.ToEvent(call.env, memory);
    if (event.IsEmpty() || call.env.IsExceptionPending()) return;
    const Napi::Value answer = callback.Call({event});
    if (answer.IsEmpty()) return;
    go_on = !answer.IsBoolean() || answer.As<Napi::Boolean>().Value();
  }
}

}  // namespace realm
