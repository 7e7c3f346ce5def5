// What WebAssembly guests need beside the seven functions: a sequence of their own, tokens as bytes, generation that waits.
#pragma once
#include <node_api.h>

namespace realm {

napi_value StoreOwn(napi_env env, napi_callback_info info);
napi_value OpenStored(napi_env env, napi_callback_info info);
napi_value DetokenizeBytes(napi_env env, napi_callback_info info);
napi_value GenerateWait(napi_env env, napi_callback_info info);

}  // namespace realm
