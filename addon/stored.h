// Option 3: the seven functions, as upstream's index.node has them, and the forms that write into the caller's memory.
#pragma once
#include <node_api.h>

namespace realm {

napi_value StoreModel(napi_env env, napi_callback_info info);
napi_value StoreModelPath(napi_env env, napi_callback_info info);
napi_value GetTensor(napi_env env, napi_callback_info info);
napi_value GetModelInfo(napi_env env, napi_callback_info info);
napi_value RemoveModel(napi_env env, napi_callback_info info);
napi_value EmbedTokens(napi_env env, napi_callback_info info);
napi_value EmbedTokensInto(napi_env env, napi_callback_info info);
napi_value ForwardLayer(napi_env env, napi_callback_info info);
napi_value ForwardLayerInto(napi_env env, napi_callback_info info);
napi_value ComputeLogits(napi_env env, napi_callback_info info);
napi_value ComputeLogitsInto(napi_env env, napi_callback_info info);

}  // namespace realm
