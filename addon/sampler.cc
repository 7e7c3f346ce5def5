#include "sampler.h"

namespace realm {

// int32_t realm_sampler_open(uint64_t model, const uint8_t *options, uint64_t options_length, uint64_t *sampler, realm_error *error);
Napi::Value OpenSampler(Call& call) {
  const uint64_t model = call.ToHandle(call[0]);
  const std::string options = call.ToText(call[1]);
  if (!call.Ready()) return {};
  Failure error;
  uint64_t sampler = 0;
  const auto* json = reinterpret_cast<const uint8_t*>(options.data());
  if (call.engine->sampler_open(model, json, options.size(), &sampler, &error) != 0) return call.FailEngine(error);
  return Napi::BigInt::New(call.env, sampler);
}

// int32_t realm_sampler_accept(uint64_t model, uint64_t sampler, const uint32_t *ids, uint64_t count, realm_error *error);
Napi::Value AcceptTokens(Call& call) {
  const uint64_t model = call.ToHandle(call[0]);
  const uint64_t sampler = call.ToHandle(call[1]);
  const std::vector<uint32_t> ids = call.ToIds(call[2]);
  if (!call.Ready()) return {};
  Failure error;
  if (call.engine->sampler_accept(model, sampler, ids.data(), ids.size(), &error) != 0) return call.FailEngine(error);
  return {};
}

// int32_t realm_sampler_choose(uint64_t model, uint64_t sampler, const float *logits, uint64_t elements, uint32_t *token, realm_error *error);
Napi::Value ChooseToken(Call& call) {
  const uint64_t model = call.ToHandle(call[0]);
  const uint64_t sampler = call.ToHandle(call[1]);
  const Bytes logits = call.ToBytes(call[2]);
  if (!call.Ready()) return {};
  Failure error;
  uint32_t token = 0;
  const auto* row = reinterpret_cast<const float*>(logits.data);
  if (call.engine->sampler_choose(model, sampler, row, logits.length / sizeof(float), &token, &error) != 0)
    return call.FailEngine(error);
  return Napi::Number::New(call.env, token);
}

// int32_t realm_sampler_close(uint64_t model, uint64_t sampler, realm_error *error);
Napi::Value CloseSampler(Call& call) {
  const uint64_t model = call.ToHandle(call[0]);
  const uint64_t sampler = call.ToHandle(call[1]);
  if (!call.Ready()) return {};
  Failure error;
  if (call.engine->sampler_close(model, sampler, &error) != 0) return call.FailEngine(error);
  return {};
}

}  // namespace realm
