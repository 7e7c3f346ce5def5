// What belongs to one environment (the main thread, a worker, a vm context that required the addon): the models it
// opened, so that a worker that is terminated takes its own models with it and nobody else's.
#pragma once
#include <napi.h>
#include <stdint.h>

#include <set>

namespace realm {

struct Environment {
  explicit Environment(Napi::Env env);
  ~Environment();

  // Remembers what the engine has just opened for this environment. Without memory for that it is closed, and false.
  bool KeepModel(uint64_t model) noexcept;
  bool KeepStored(uint32_t id) noexcept;
  bool KeepSession(uint64_t session) noexcept;

  std::set<uint64_t> models;
  std::set<uint64_t> sessions;          // the engine closes them with their models
  std::set<uint32_t> own;               // stored ids of storeOwn
  Napi::FunctionReference array_buffer;  // the constructor, as it was when the addon was loaded
};

}  // namespace realm
