// What belongs to one environment (the main thread, a worker, a vm context that required the addon): the models it
// opened, so that a worker that is terminated takes its own models with it and nobody else's.
#pragma once
#include <node_api.h>
#include <stdint.h>

#include <set>

namespace realm {

struct Environment {
  std::set<uint64_t> models;
  std::set<uint32_t> own;  // stored ids of storeOwn

  static bool Attach(napi_env env);
  static Environment* Of(napi_env env);
};

}  // namespace realm
