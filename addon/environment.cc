#include "environment.h"

#include <new>

#include "engine.h"

namespace realm {

Environment::Environment(Napi::Env env)
    : array_buffer(Napi::Persistent(env.Global().Get("ArrayBuffer").As<Napi::Function>())) {}

Environment::~Environment() {
  const Engine* engine = LoadedEngine();
  if (!engine) return;
  for (uint32_t id : own) engine->stored_remove(id, nullptr);
  for (uint64_t model : models) engine->model_close(model, nullptr);
}

bool Environment::KeepModel(uint64_t model) noexcept {
  try {
    models.insert(model);
    return true;
  } catch (const std::bad_alloc&) {
    LoadedEngine()->model_close(model, nullptr);
    return false;
  }
}

bool Environment::KeepStored(uint32_t id) noexcept {
  try {
    own.insert(id);
    return true;
  } catch (const std::bad_alloc&) {
    LoadedEngine()->stored_remove(id, nullptr);
    return false;
  }
}

bool Environment::KeepSession(uint64_t session) noexcept {
  try {
    sessions.insert(session);
    return true;
  } catch (const std::bad_alloc&) {
    LoadedEngine()->session_close(session, nullptr);
    return false;
  }
}

}  // namespace realm
