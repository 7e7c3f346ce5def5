#include "environment.h"

#include "engine.h"

namespace realm {

static void Detach(napi_env, void* data, void*) {
  auto* environment = static_cast<Environment*>(data);
  if (const Engine* engine = LoadedEngine()) {
    for (uint32_t id : environment->own) engine->stored_remove(id, nullptr);
    for (uint64_t model : environment->models) engine->model_close(model, nullptr);
  }
  delete environment;
}

bool Environment::Attach(napi_env env) {
  auto* environment = new Environment();
  if (napi_set_instance_data(env, environment, Detach, nullptr) == napi_ok) return true;
  delete environment;
  return false;
}

Environment* Environment::Of(napi_env env) {
  void* data = nullptr;
  napi_get_instance_data(env, &data);
  return static_cast<Environment*>(data);
}

}  // namespace realm
