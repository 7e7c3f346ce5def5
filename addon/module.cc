// index.node: what it exports. The first seven are upstream's; the TypeScript side is `Native` in js/binding.ts, and
// `npm run lint` compares the two.
#include <node_api.h>

#include <atomic>
#include <vector>

#include "convert.h"
#include "environment.h"
#include "generation.h"
#include "guest.h"
#include "job.h"
#include "model.h"
#include "stored.h"

namespace realm {
namespace {

// int32_t realm_abi_version(void);
// int32_t realm_engine_describe(uint8_t *json, uint64_t capacity, uint64_t *length, realm_error *error);
napi_value DescribeEngine(napi_env env, napi_callback_info) {
  const Engine* engine = RequireEngine(env);
  if (!engine) return nullptr;
  std::vector<uint8_t> json(16384);
  if (!Fit(env, &json, engine->engine_describe)) return nullptr;
  return FromText(env, json.data(), json.size());
}

// int32_t realm_engine_shutdown(uint32_t deadline_ms, realm_error *error);
napi_value ShutdownEngine(napi_env env, napi_callback_info info) {
  const Args args(env, info);
  uint32_t deadline;
  if (!args.Need(1) || !ToU32(env, args.at[0], &deadline)) return nullptr;
  if (const Engine* engine = LoadedEngine()) engine->engine_shutdown(deadline, nullptr);
  return Undefined(env);
}

// True for one caller in the process: the one that listens for the process' exit.
napi_value ClaimExit(napi_env env, napi_callback_info) {
  static std::atomic<bool> claimed{false};
  napi_value result = nullptr;
  napi_get_boolean(env, !claimed.exchange(true), &result);
  return result;
}

constexpr struct {
  const char* name;
  napi_callback function;
} kExports[] = {
    {"storeModel", StoreModel},
    {"getTensor", GetTensor},
    {"getModelInfo", GetModelInfo},
    {"removeModel", RemoveModel},
    {"embedTokens", EmbedTokens},
    {"forwardLayer", ForwardLayer},
    {"computeLogits", ComputeLogits},

    {"storeModelPath", StoreModelPath},
    {"embedTokensInto", EmbedTokensInto},
    {"forwardLayerInto", ForwardLayerInto},
    {"computeLogitsInto", ComputeLogitsInto},

    {"openModel", OpenModel},
    {"openModelStart", OpenModelStart},
    {"closeModel", CloseModel},
    {"describeModel", DescribeModel},
    {"tokenize", Tokenize},
    {"detokenize", Detokenize},
    {"logitsStart", LogitsStart},
    {"generateStart", GenerateStart},
    {"cancelJob", CancelJob},

    {"storeOwn", StoreOwn},
    {"openStored", OpenStored},
    {"detokenizeBytes", DetokenizeBytes},
    {"generateWait", GenerateWait},

    {"describeEngine", DescribeEngine},
    {"shutdownEngine", ShutdownEngine},
    {"claimExit", ClaimExit},
};

}  // namespace
}  // namespace realm

extern "C" NAPI_MODULE_EXPORT napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  if (!realm::Environment::Attach(env)) return nullptr;
  for (const auto& entry : realm::kExports) {
    napi_value function;
    if (napi_create_function(env, entry.name, NAPI_AUTO_LENGTH, entry.function, nullptr, &function) != napi_ok ||
        napi_set_named_property(env, exports, entry.name, function) != napi_ok)
      return nullptr;
  }
  return exports;
}

extern "C" NAPI_MODULE_EXPORT int32_t node_api_module_get_api_version_v1(void) { return NAPI_VERSION; }
