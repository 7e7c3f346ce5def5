#include "generation.h"

#include <string.h>

#include <string>

#include "job.h"

namespace realm {

GenerationOptions::GenerationOptions(Call& call, Napi::Value value) : realm_generation_options{} {
  if (!value.IsObject()) {
    call.FailType("failed to downcast any to object");
    return;
  }
  const auto object = value.As<Napi::Object>();
  seed = call.ToHandle(object.Get("seed"));
  max_tokens = call.ToU32(object.Get("maxTokens"));
  top_k = call.ToI32(object.Get("topK"));
  temperature = call.ToFloat(object.Get("temperature"));
  top_p = call.ToFloat(object.Get("topP"));
  min_p = call.ToFloat(object.Get("minP"));
  repeat_penalty = call.ToFloat(object.Get("repeatPenalty"));
  ignore_eos = call.ToFlag(object.Get("ignoreEos"));
  const Napi::Value guess = object.Get("speculation");
  speculation = guess.IsUndefined() || call.ToFlag(guess) ? 0 : 1;

  const Napi::Value scales = object.Get("lora");
  if (scales.IsArray()) {
    const auto numbers = scales.As<Napi::Array>();
    for (uint32_t i = 0; i < numbers.Length() && call.ok(); ++i) _lora.push_back(call.ToFloat(numbers.Get(i)));
    lora = _lora.data();
    lora_count = static_cast<uint32_t>(_lora.size());
  }

  const Napi::Value list = object.Get("stop");
  if (!list.IsArray()) {
    call.FailType("failed to downcast any to array");
    return;
  }
  const auto texts = list.As<Napi::Array>();
  stop_count = texts.Length();
  for (uint32_t i = 0; i < stop_count && call.ok(); ++i) {
    const std::string text = call.ToText(texts.Get(i));
    const auto size = static_cast<uint32_t>(text.size());
    const size_t at = _stops.size();
    _stops.resize(at + sizeof(size) + size);
    memcpy(_stops.data() + at, &size, sizeof(size));
    memcpy(_stops.data() + at + sizeof(size), text.data(), size);
  }
  stop = _stops.data();
  stop_length = _stops.size();
}

// int32_t realm_model_logits_start(uint64_t model, const uint32_t *ids, uint64_t count, float *out, uint64_t elements, realm_notify notify, void *user, uint64_t *job, realm_error *error);
Napi::Value LogitsStart(Call& call) {
  const uint64_t model = call.ToHandle(call[0]);
  const std::vector<uint32_t> ids = call.ToIds(call[1]);
  const uint64_t elements = call.ToHandle(call[2]);
  if (!call.Ready()) return {};
  // Made here and given to JavaScript only with the end of the job, so that nobody can transfer or shrink what the
  // engine is writing to.
  Napi::ArrayBuffer buffer = call.NewBuffer(elements * sizeof(float));
  if (!call.ok()) return {};
  auto* out = static_cast<float*>(buffer.Data());
  return Job::Start(call, call[3], buffer, [&](Job* job, uint64_t* handle, realm_error* error) {
    return call.engine->model_logits_start(model, ids.data(), ids.size(), out, elements, Job::Notify, job, handle, error);
  });
}

// int32_t realm_model_generate_start(uint64_t model, const uint32_t *ids, uint64_t count, const realm_generation_options *options, realm_notify notify, void *user, uint64_t *job, realm_error *error);
Napi::Value GenerateStart(Call& call) {
  const uint64_t model = call.ToHandle(call[0]);
  const std::vector<uint32_t> ids = call.ToIds(call[1]);
  const GenerationOptions options(call, call[2]);
  return Job::Start(call, call[3], {}, [&](Job* job, uint64_t* handle, realm_error* error) {
    return call.engine->model_generate_start(model, ids.data(), ids.size(), &options, Job::Notify, job, handle, error);
  });
}

}  // namespace realm
