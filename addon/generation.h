// Forward passes on the engine's threads: the logits of every position, and generation.
#pragma once
#include <node_api.h>

namespace realm {

napi_value LogitsStart(napi_env env, napi_callback_info info);
napi_value GenerateStart(napi_env env, napi_callback_info info);

}  // namespace realm
