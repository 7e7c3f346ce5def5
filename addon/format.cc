#include "format.h"

#include <string>
#include <vector>

#include "job.h"

namespace realm {

static const uint8_t* BytesOf(const std::string& text) { return reinterpret_cast<const uint8_t*>(text.data()); }

// int32_t realm_model_compile(uint64_t model, const uint8_t *format, uint64_t length, uint8_t *json, uint64_t capacity, uint64_t *json_length, realm_error *error);
Napi::Value CompileFormat(Call& call) {
  const uint64_t model = call.ToHandle(call[0]);
  const std::string format = call.ToText(call[1]);
  if (!call.Ready()) return {};
  std::vector<uint8_t> json(1024);
  const auto compile = [&](uint8_t* out, uint64_t capacity, uint64_t* needed, realm_error* error) {
    return call.engine->model_compile(model, BytesOf(format), format.size(), out, capacity, needed, error);
  };
  return call.Fit(&json, compile) ? NewText(call.env, json.data(), json.size()) : Napi::Value();
}

// int32_t realm_model_compile_start(uint64_t model, const uint8_t *format, uint64_t length, realm_notify notify, void *user, uint64_t *job, realm_error *error);
Napi::Value CompileFormatStart(Call& call) {
  const uint64_t model = call.ToHandle(call[0]);
  const std::string format = call.ToText(call[1]);
  return Job::Start(call, call[2], {}, [&](Job* job, uint64_t* handle, realm_error* error) {
    return call.engine->model_compile_start(model, BytesOf(format), format.size(), Job::Notify, job, handle, error);
  });
}

// int32_t realm_model_test_text(uint64_t model, const uint8_t *format, uint64_t length, const uint8_t *text, uint64_t text_length, int32_t *fits, realm_error *error);
Napi::Value TestText(Call& call) {
  const uint64_t model = call.ToHandle(call[0]);
  const std::string format = call.ToText(call[1]);
  const std::string text = call.ToText(call[2]);
  if (!call.Ready()) return {};
  Failure error;
  int32_t fits = 0;
  if (call.engine->model_test_text(model, BytesOf(format), format.size(), BytesOf(text), text.size(), &fits, &error) != 0) {
    return call.FailEngine(error);
  }
  return Napi::Boolean::New(call.env, fits != 0);
}

}  // namespace realm
