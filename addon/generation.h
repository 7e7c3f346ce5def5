// Forward passes on the engine's threads: the logits of every position, and generation.
#pragma once
#include <node_api.h>
#include <stdint.h>

#include <vector>

#include "realm.h"

namespace realm {

// The object is the one that js/generation.ts makes: every field present (but `speculation`, which is on then), of the right
// type and in range. `stops` must live as long as the options.
bool ToGenerationOptions(napi_env env, napi_value object, realm_generation_options* options, std::vector<uint8_t>* stops);

napi_value LogitsStart(napi_env env, napi_callback_info info);
napi_value GenerateStart(napi_env env, napi_callback_info info);

}  // namespace realm
