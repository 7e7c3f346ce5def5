// A model that JavaScript opens and closes, and its tokenizer.
#pragma once
#include <node_api.h>

namespace realm {

napi_value OpenModel(napi_env env, napi_callback_info info);
napi_value OpenModelStart(napi_env env, napi_callback_info info);
napi_value CloseModel(napi_env env, napi_callback_info info);
napi_value DescribeModel(napi_env env, napi_callback_info info);
napi_value Tokenize(napi_env env, napi_callback_info info);
napi_value Detokenize(napi_env env, napi_callback_info info);

}  // namespace realm
