#include "generation.h"

#include "waiting.h"

namespace realm {

Generating::Generating(Call& call) : _model(call.ToHandle(call[0])), _is_text(call[1].IsString()) {
  if (_is_text)
    _text = call.ToText(call[1]);
  else
    _ids = call.ToIds(call[1]);
  _options = call.ToText(call[2]);
}

// int32_t realm_model_generate_start(uint64_t model, const uint8_t *text, uint64_t length, const uint32_t *ids, uint64_t count, const uint8_t *options, uint64_t options_length, realm_notify notify, void *user, uint64_t *job, realm_error *error);
int32_t Generating::Start(const Engine* engine, realm_notify notify, void* user, uint64_t* job, realm_error* error) const {
  const uint8_t* text = _is_text ? reinterpret_cast<const uint8_t*>(_text.data()) : nullptr;
  const auto* options = reinterpret_cast<const uint8_t*>(_options.data());
  return engine->model_generate_start(_model, text, _text.size(), _ids.data(), _ids.size(), options, _options.size(), notify, user, job, error);
}

// int32_t realm_model_logits_start(uint64_t model, const uint32_t *ids, uint64_t count, const uint8_t *options, uint64_t options_length, float *out, uint64_t elements, realm_notify notify, void *user, uint64_t *job, realm_error *error);
// int32_t realm_model_score_start(uint64_t model, const uint32_t *ids, uint64_t count, const uint8_t *options, uint64_t options_length, float *out, uint64_t elements, realm_notify notify, void *user, uint64_t *job, realm_error *error);
static Napi::Value Numbers(Call& call, decltype(Engine::model_logits_start) Engine::*start, bool waits) {
  const uint64_t model = call.ToHandle(call[0]);
  const std::vector<uint32_t> ids = call.ToIds(call[1]);
  const std::string text = call.ToText(call[2]);
  const uint64_t elements = call.ToHandle(call[3]);
  if (!call.Ready()) return {};
  // Made here and given to JavaScript only with the end of the job, so that nobody can transfer or shrink what the
  // engine is writing to.
  Napi::ArrayBuffer buffer = call.NewBuffer(elements * sizeof(float));
  if (!call.ok()) return {};
  auto* out = static_cast<float*>(buffer.Data());
  const auto* options = reinterpret_cast<const uint8_t*>(text.data());
  return StartOrWait(call, waits, call[4], buffer, [&](realm_notify notify, void* user, uint64_t* job, realm_error* error) {
    return (call.engine->*start)(model, ids.data(), ids.size(), options, text.size(), out, elements, notify, user, job, error);
  });
}

Napi::Value LogitsStart(Call& call) { return Numbers(call, &Engine::model_logits_start, false); }
Napi::Value LogitsWait(Call& call) { return Numbers(call, &Engine::model_logits_start, true); }

Napi::Value ScoreStart(Call& call) { return Numbers(call, &Engine::model_score_start, false); }
Napi::Value ScoreWait(Call& call) { return Numbers(call, &Engine::model_score_start, true); }

// int32_t realm_model_verify_start(uint64_t model, realm_notify notify, void *user, uint64_t *job, realm_error *error);
Napi::Value VerifyStart(Call& call) {
  const uint64_t model = call.ToHandle(call[0]);
  return Job::Start(call, call[1], {}, [&](Job* job, uint64_t* handle, realm_error* error) {
    return call.engine->model_verify_start(model, Job::Notify, job, handle, error);
  });
}

static Napi::Value Generate(Call& call, bool waits) {
  const Generating generating(call);
  return StartOrWait(call, waits, call[3], {}, [&](realm_notify notify, void* user, uint64_t* job, realm_error* error) {
    return generating.Start(call.engine, notify, user, job, error);
  });
}

Napi::Value GenerateStart(Call& call) { return Generate(call, false); }
Napi::Value GenerateWait(Call& call) { return Generate(call, true); }

}  // namespace realm
