#include "model.h"

#include <string>
#include <vector>

#include "convert.h"
#include "environment.h"
#include "job.h"

namespace realm {
namespace {

// What a model is opened from: a path, or bytes that the engine copies before the call returns.
struct Source {
  bool path = false;
  std::string text;
  Bytes bytes;

  bool Take(napi_env env, napi_value value) {
    path = IsString(env, value);
    if (!path) return ToBytes(env, value, &bytes);
    if (!ToText(env, value, &text)) return false;
    bytes = {reinterpret_cast<uint8_t*>(&text[0]), text.size()};
    return true;
  }
};

// Arguments 1 to 4 of both ways to open: threads, weights, cacheType, vocabOnly, as numbers of realm_model_options.
bool ToOptions(const Args& args, realm_model_options* options) {
  return ToI32(args.env, args.at[1], &options->threads) && ToI32(args.env, args.at[2], &options->weights) &&
         ToI32(args.env, args.at[3], &options->cache_type) && ToI32(args.env, args.at[4], &options->vocab_only);
}

}  // namespace

// int32_t realm_model_open_bytes(const uint8_t *bytes, uint64_t length, const realm_model_options *options, uint64_t *model, realm_error *error);
// int32_t realm_model_open_path(const uint8_t *path, uint64_t length, const realm_model_options *options, uint64_t *model, realm_error *error);
napi_value OpenModel(napi_env env, napi_callback_info info) {
  const Args args(env, info);
  Source source;
  realm_model_options options;
  if (!args.Need(5) || !ToOptions(args, &options) || !source.Take(env, args.at[0])) return nullptr;
  const Engine* engine = RequireEngine(env);
  if (!engine) return nullptr;
  const auto open = source.path ? engine->model_open_path : engine->model_open_bytes;
  uint64_t model = 0;
  Failure error;
  if (open(source.bytes.data, source.bytes.length, &options, &model, &error) != 0) return ThrowEngine(env, error);
  Environment::Of(env)->models.insert(model);
  return FromHandle(env, model);
}

// int32_t realm_model_open_bytes_start(const uint8_t *bytes, uint64_t length, const realm_model_options *options, realm_notify notify, void *user, uint64_t *job, realm_error *error);
// int32_t realm_model_open_path_start(const uint8_t *path, uint64_t length, const realm_model_options *options, realm_notify notify, void *user, uint64_t *job, realm_error *error);
napi_value OpenModelStart(napi_env env, napi_callback_info info) {
  const Args args(env, info);
  Source source;
  realm_model_options options;
  if (!args.Need(6) || !ToOptions(args, &options) || !source.Take(env, args.at[0])) return nullptr;
  return Job::Start(env, args.at[5], nullptr, [&](Job* job, uint64_t* handle, realm_error* error) {
    const auto start = source.path ? job->engine->model_open_path_start : job->engine->model_open_bytes_start;
    return start(source.bytes.data, source.bytes.length, &options, Job::Notify, job, handle, error);
  });
}

// int32_t realm_model_close(uint64_t model, realm_error *error);
napi_value CloseModel(napi_env env, napi_callback_info info) {
  const Args args(env, info);
  uint64_t model;
  if (!args.Need(1) || !ToHandle(env, args.at[0], &model)) return nullptr;
  // An environment closes what it opened, once: a handle of another one is not its business.
  if (Environment::Of(env)->models.erase(model) == 0) return Undefined(env);
  if (const Engine* engine = LoadedEngine()) engine->model_close(model, nullptr);
  return Undefined(env);
}

// int32_t realm_model_describe(uint64_t model, uint8_t *json, uint64_t capacity, uint64_t *length, realm_error *error);
napi_value DescribeModel(napi_env env, napi_callback_info info) {
  const Args args(env, info);
  uint64_t model;
  if (!args.Need(1) || !ToHandle(env, args.at[0], &model)) return nullptr;
  const Engine* engine = RequireEngine(env);
  if (!engine) return nullptr;
  std::vector<uint8_t> json(16384);
  const auto describe = [&](uint8_t* out, uint64_t capacity, uint64_t* needed, realm_error* error) {
    return engine->model_describe(model, out, capacity, needed, error);
  };
  if (!Fit(env, &json, describe)) return nullptr;
  return FromText(env, json.data(), json.size());
}

// int32_t realm_model_tokenize(uint64_t model, const uint8_t *text, uint64_t length, int32_t add_special, int32_t parse_special, uint32_t *ids, uint64_t capacity, uint64_t *count, realm_error *error);
napi_value Tokenize(napi_env env, napi_callback_info info) {
  const Args args(env, info);
  uint64_t model;
  std::string text;
  int32_t add_special, parse_special;
  if (!args.Need(4) || !ToHandle(env, args.at[0], &model) || !ToText(env, args.at[1], &text) ||
      !ToBool(env, args.at[2], &add_special) || !ToBool(env, args.at[3], &parse_special))
    return nullptr;
  const Engine* engine = RequireEngine(env);
  if (!engine) return nullptr;
  std::vector<uint32_t> ids(text.size() / 2 + 16);  // a token is seldom shorter than two bytes
  const auto tokenize = [&](uint32_t* out, uint64_t capacity, uint64_t* needed, realm_error* error) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
    return engine->model_tokenize(model, bytes, text.size(), add_special, parse_special, out, capacity, needed, error);
  };
  if (!Fit(env, &ids, tokenize)) return nullptr;
  return CopyToArrayBuffer(env, ids.data(), ids.size() * sizeof(uint32_t));
}

// int32_t realm_model_detokenize(uint64_t model, const uint32_t *ids, uint64_t count, int32_t skip_special, uint8_t *text, uint64_t capacity, uint64_t *length, realm_error *error);
napi_value Detokenize(napi_env env, napi_callback_info info) {
  const Args args(env, info);
  uint64_t model;
  std::vector<uint32_t> ids;
  int32_t skip_special;
  if (!args.Need(3) || !ToHandle(env, args.at[0], &model) || !ToIds(env, args.at[1], &ids) || !ToBool(env, args.at[2], &skip_special))
    return nullptr;
  const Engine* engine = RequireEngine(env);
  if (!engine) return nullptr;
  std::vector<uint8_t> text(ids.size() * 8 + 64);
  const auto detokenize = [&](uint8_t* out, uint64_t capacity, uint64_t* needed, realm_error* error) {
    return engine->model_detokenize(model, ids.data(), ids.size(), skip_special, out, capacity, needed, error);
  };
  if (!Fit(env, &text, detokenize)) return nullptr;
  return FromText(env, text.data(), text.size());
}

}  // namespace realm
