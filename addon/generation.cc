#include "generation.h"

#include <string.h>

#include <string>
#include <vector>

#include "convert.h"
#include "job.h"

namespace realm {
namespace {

bool Property(napi_env env, napi_value object, const char* name, napi_value* value) {
  return napi_get_named_property(env, object, name, value) == napi_ok;
}

bool ToFloat(napi_env env, napi_value object, const char* name, float* out) {
  napi_value value;
  double number;
  if (!Property(env, object, name, &value)) return false;
  if (napi_get_value_double(env, value, &number) != napi_ok) {
    ThrowType(env, "failed to downcast any to number");
    return false;
  }
  *out = static_cast<float>(number);
  return true;
}

// An array of strings as realm_generation_options has it: each a uint32_t length and its bytes.
bool ToStops(napi_env env, napi_value array, std::vector<uint8_t>* packed, uint32_t* count) {
  if (napi_get_array_length(env, array, count) != napi_ok) {
    ThrowType(env, "failed to downcast any to array");
    return false;
  }
  for (uint32_t i = 0; i < *count; ++i) {
    napi_value item;
    std::string text;
    if (napi_get_element(env, array, i, &item) != napi_ok || !ToText(env, item, &text)) return false;
    const auto length = static_cast<uint32_t>(text.size());
    const size_t at = packed->size();
    packed->resize(at + sizeof(length) + length);
    memcpy(packed->data() + at, &length, sizeof(length));
    memcpy(packed->data() + at + sizeof(length), text.data(), length);
  }
  return true;
}

}  // namespace

bool ToGenerationOptions(napi_env env, napi_value object, realm_generation_options* options, std::vector<uint8_t>* stops) {
  napi_value seed, most, top_k, ignore, stop, speculation;
  if (!Property(env, object, "seed", &seed) || !ToHandle(env, seed, &options->seed)) return false;
  if (!Property(env, object, "maxTokens", &most) || !ToU32(env, most, &options->max_tokens)) return false;
  if (!Property(env, object, "topK", &top_k) || !ToI32(env, top_k, &options->top_k)) return false;
  if (!ToFloat(env, object, "temperature", &options->temperature) || !ToFloat(env, object, "topP", &options->top_p) ||
      !ToFloat(env, object, "minP", &options->min_p) || !ToFloat(env, object, "repeatPenalty", &options->repeat_penalty))
    return false;
  if (!Property(env, object, "ignoreEos", &ignore) || !ToBool(env, ignore, &options->ignore_eos)) return false;
  if (!Property(env, object, "stop", &stop) || !ToStops(env, stop, stops, &options->stop_count)) return false;
  int32_t guesses = 1;
  if (!Property(env, object, "speculation", &speculation)) return false;
  if (!IsNullish(env, speculation) && !ToBool(env, speculation, &guesses)) return false;
  options->speculation = guesses ? 0 : 1;
  options->stop = stops->data();
  options->stop_length = stops->size();
  return true;
}

// int32_t realm_model_logits_start(uint64_t model, const uint32_t *ids, uint64_t count, float *out, uint64_t elements, realm_notify notify, void *user, uint64_t *job, realm_error *error);
napi_value LogitsStart(napi_env env, napi_callback_info info) {
  const Args args(env, info);
  uint64_t model, elements;
  std::vector<uint32_t> ids;
  if (!args.Need(4) || !ToHandle(env, args.at[0], &model) || !ToIds(env, args.at[1], &ids) || !ToHandle(env, args.at[2], &elements))
    return nullptr;
  // Made here and given to JavaScript only with the end of the job, so that nobody can transfer or shrink what the
  // engine is writing to.
  void* out = nullptr;
  napi_value buffer = NewArrayBuffer(env, elements * sizeof(float), &out);
  if (!buffer) return nullptr;
  return Job::Start(env, args.at[3], buffer, [&](Job* job, uint64_t* handle, realm_error* error) {
    return job->engine->model_logits_start(model, ids.data(), ids.size(), static_cast<float*>(out), elements, Job::Notify, job, handle, error);
  });
}

// int32_t realm_model_generate_start(uint64_t model, const uint32_t *ids, uint64_t count, const realm_generation_options *options, realm_notify notify, void *user, uint64_t *job, realm_error *error);
napi_value GenerateStart(napi_env env, napi_callback_info info) {
  const Args args(env, info);
  uint64_t model;
  std::vector<uint32_t> ids;
  std::vector<uint8_t> stops;
  realm_generation_options options = {};
  if (!args.Need(4) || !ToHandle(env, args.at[0], &model) || !ToIds(env, args.at[1], &ids) ||
      !ToGenerationOptions(env, args.at[2], &options, &stops))
    return nullptr;
  return Job::Start(env, args.at[3], nullptr, [&](Job* job, uint64_t* handle, realm_error* error) {
    return job->engine->model_generate_start(model, ids.data(), ids.size(), &options, Job::Notify, job, handle, error);
  });
}

}  // namespace realm
