#include "model.h"

#include <cstring>
#include <string>
#include <vector>

#include "environment.h"
#include "job.h"

namespace realm {
namespace {

// What a model is opened from (a path, or bytes that the engine copies before the call returns), and how.
struct Opening {
  bool path;
  std::string text;
  Bytes bytes;
  std::string options;

  // Arguments 0 and 1 of both ways to open: source, and JSON that the engine reads.
  explicit Opening(Call& call) : path(call[0].IsString()) {
    if (path) {
      text = call.ToText(call[0]);
      bytes = {reinterpret_cast<uint8_t*>(&text[0]), text.size()};
    } else {
      bytes = call.ToBytes(call[0]);
    }
    options = call.ToText(call[1]);
  }
  const uint8_t* json() const { return reinterpret_cast<const uint8_t*>(options.data()); }
  Opening(const Opening&) = delete;
};

}  // namespace

// int32_t realm_file_inspect(const uint8_t *path, uint64_t length, const uint8_t *options, uint64_t options_length, uint8_t *json, uint64_t capacity, uint64_t *needed, realm_error *error);
Napi::Value InspectModel(Call& call) {
  const std::string path = call.ToText(call[0]), options = call.ToText(call[1]);
  if (!call.Ready()) return {};
  std::vector<uint8_t> json(16384);
  const auto inspect = [&](uint8_t* out, uint64_t capacity, uint64_t* needed, realm_error* error) {
    const auto *from = reinterpret_cast<const uint8_t*>(path.data()), *how = reinterpret_cast<const uint8_t*>(options.data());
    return call.engine->file_inspect(from, path.size(), how, options.size(), out, capacity, needed, error);
  };
  if (!call.Fit(&json, inspect)) return {};
  return NewText(call.env, json.data(), json.size());
}

// int32_t realm_file_inspect_start(const uint8_t *path, uint64_t length, const uint8_t *options, uint64_t options_length, realm_notify notify, void *user, uint64_t *job, realm_error *error);
Napi::Value InspectModelStart(Call& call) {
  const std::string path = call.ToText(call[0]), options = call.ToText(call[1]);
  return Job::Start(call, call[2], {}, [&](Job* job, uint64_t* handle, realm_error* error) {
    const auto *from = reinterpret_cast<const uint8_t*>(path.data()), *how = reinterpret_cast<const uint8_t*>(options.data());
    return call.engine->file_inspect_start(from, path.size(), how, options.size(), Job::Notify, job, handle, error);
  });
}

// int32_t realm_model_open_bytes(const uint8_t *bytes, uint64_t length, const uint8_t *options, uint64_t options_length, uint64_t *model, realm_error *error);
// int32_t realm_model_open_path(const uint8_t *path, uint64_t length, const uint8_t *options, uint64_t options_length, uint64_t *model, realm_error *error);
Napi::Value OpenModel(Call& call) {
  const Opening from(call);
  if (!call.Ready()) return {};
  const auto open = from.path ? call.engine->model_open_path : call.engine->model_open_bytes;
  uint64_t model = 0;
  Failure error;
  if (open(from.bytes.data, from.bytes.length, from.json(), from.options.size(), &model, &error) != 0) return call.FailEngine(error);
  if (!call.env.GetInstanceData<Environment>()->KeepModel(model)) throw std::bad_alloc();
  return Napi::BigInt::New(call.env, model);
}

// int32_t realm_model_open_bytes_start(const uint8_t *bytes, uint64_t length, const uint8_t *options, uint64_t options_length, realm_notify notify, void *user, uint64_t *job, realm_error *error);
// int32_t realm_model_open_path_start(const uint8_t *path, uint64_t length, const uint8_t *options, uint64_t options_length, realm_notify notify, void *user, uint64_t *job, realm_error *error);
Napi::Value OpenModelStart(Call& call) {
  const Opening from(call);
  return Job::Start(call, call[2], {}, [&](Job* job, uint64_t* handle, realm_error* error) {
    const auto start = from.path ? call.engine->model_open_path_start : call.engine->model_open_bytes_start;
    return start(from.bytes.data, from.bytes.length, from.json(), from.options.size(), Job::Notify, job, handle, error);
  });
}

// int32_t realm_model_close(uint64_t model, realm_error *error);
Napi::Value CloseModel(Call& call) {
  const uint64_t model = call.ToHandle(call[0]);
  // An environment closes what it opened, once: a handle of another one is not its business.
  if (!call.ok() || call.env.GetInstanceData<Environment>()->models.erase(model) == 0) return {};
  LoadedEngine()->model_close(model, nullptr);
  return {};
}

// int32_t realm_model_describe(uint64_t model, uint8_t *json, uint64_t capacity, uint64_t *length, realm_error *error);
// int32_t realm_model_memory(uint64_t model, uint8_t *json, uint64_t capacity, uint64_t *length, realm_error *error);
static Napi::Value Describe(Call& call, decltype(Engine::model_describe) Engine::*what) {
  const uint64_t model = call.ToHandle(call[0]);
  if (!call.Ready()) return {};
  std::vector<uint8_t> json(16384);
  const auto describe = [&](uint8_t* out, uint64_t capacity, uint64_t* needed, realm_error* error) {
    return (call.engine->*what)(model, out, capacity, needed, error);
  };
  if (!call.Fit(&json, describe)) return {};
  return NewText(call.env, json.data(), json.size());
}

Napi::Value DescribeModel(Call& call) { return Describe(call, &Engine::model_describe); }

Napi::Value DescribeMemory(Call& call) { return Describe(call, &Engine::model_memory); }

// int32_t realm_model_passes(uint64_t model, uint64_t after, double *numbers, uint64_t capacity, uint64_t *count, realm_error *error);
Napi::Value Passes(Call& call) {
  const uint64_t model = call.ToHandle(call[0]), after = call.ToHandle(call[1]);
  if (!call.Ready()) return {};
  double numbers[2 + 256 * 6];
  uint64_t count = 0;
  Failure error;
  if (call.engine->model_passes(model, after, numbers, sizeof(numbers) / sizeof(*numbers), &count, &error) != 0) return call.FailEngine(error);
  return call.CopyToBuffer(numbers, count * sizeof(double));
}

// int32_t realm_model_tokenize(uint64_t model, const uint8_t *text, uint64_t length, int32_t add_special, int32_t parse_special, uint32_t *ids, uint64_t capacity, uint64_t *count, realm_error *error);
Napi::Value Tokenize(Call& call) {
  const uint64_t model = call.ToHandle(call[0]);
  const std::string text = call.ToText(call[1]);
  const int32_t add_special = call.ToI32(call[2]), parse_special = call.ToFlag(call[3]);
  if (!call.Ready()) return {};
  std::vector<uint32_t> ids(text.size() / 2 + 16);  // a token is seldom shorter than two bytes
  const auto tokenize = [&](uint32_t* out, uint64_t capacity, uint64_t* needed, realm_error* error) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
    return call.engine->model_tokenize(model, bytes, text.size(), add_special, parse_special, out, capacity, needed, error);
  };
  if (!call.Fit(&ids, tokenize)) return {};
  return call.CopyToBuffer(ids.data(), ids.size() * sizeof(uint32_t));
}

// int32_t realm_model_tokenize_segments(uint64_t model, const uint8_t *text, uint64_t length, const uint32_t *lengths, uint64_t segments, int32_t add_special, uint32_t *ids, uint64_t capacity, uint64_t *count, realm_error *error);
Napi::Value TokenizeSegments(Call& call) {
  const uint64_t model = call.ToHandle(call[0]);
  const std::string text = call.ToText(call[1]);
  const std::vector<uint32_t> lengths = call.ToIds(call[2]);
  const int32_t add_special = call.ToFlag(call[3]);
  if (!call.Ready()) return {};
  std::vector<uint32_t> ids(text.size() / 2 + 16);
  const auto tokenize = [&](uint32_t* out, uint64_t capacity, uint64_t* needed, realm_error* error) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
    return call.engine->model_tokenize_segments(model, bytes, text.size(), lengths.data(), lengths.size(), add_special, out,
                                                capacity, needed, error);
  };
  if (!call.Fit(&ids, tokenize)) return {};
  return call.CopyToBuffer(ids.data(), ids.size() * sizeof(uint32_t));
}

// int32_t realm_model_detokenize(uint64_t model, const uint32_t *ids, uint64_t count, int32_t skip_special, uint8_t *text, uint64_t capacity, uint64_t *length, realm_error *error);
static bool ToTextBytes(Call& call, std::vector<uint8_t>* text) {
  const uint64_t model = call.ToHandle(call[0]);
  const std::vector<uint32_t> ids = call.ToIds(call[1]);
  const int32_t skip_special = call.ToI32(call[2]);
  if (!call.Ready()) return false;
  text->resize(ids.size() * 8 + 64);
  return call.Fit(text, [&](uint8_t* out, uint64_t capacity, uint64_t* needed, realm_error* error) {
    return call.engine->model_detokenize(model, ids.data(), ids.size(), skip_special, out, capacity, needed, error);
  });
}

Napi::Value Detokenize(Call& call) {
  std::vector<uint8_t> text;
  return ToTextBytes(call, &text) ? NewText(call.env, text.data(), text.size()) : Napi::Value();
}

Napi::Value DetokenizeBytes(Call& call) {
  std::vector<uint8_t> text;
  return ToTextBytes(call, &text) ? call.CopyToBuffer(text.data(), text.size()) : Napi::Value();
}

// int32_t realm_model_detokenize_next(uint64_t model, const uint32_t *ids, uint64_t count, int32_t skip_special, uint32_t *state, uint8_t *bytes, uint64_t capacity, uint64_t *length, realm_error *error);
Napi::Value DetokenizeNext(Call& call) {
  const uint64_t model = call.ToHandle(call[0]);
  const std::vector<uint32_t> ids = call.ToIds(call[1]);
  const int32_t skip_special = call.ToFlag(call[2]);
  const Bytes state = call.ToBytes(call[3]);
  if (!call.Ready()) return {};
  if (state.length != sizeof(uint32_t)) return call.FailType("state must have four bytes");
  uint32_t now;
  std::memcpy(&now, state.data, sizeof now);
  std::vector<uint8_t> bytes(ids.size() * 8 + 64);
  const auto detokenize = [&](uint8_t* out, uint64_t capacity, uint64_t* needed, realm_error* error) {
    return call.engine->model_detokenize_next(model, ids.data(), ids.size(), skip_special, &now, out, capacity, needed, error);
  };
  if (!call.Fit(&bytes, detokenize)) return {};
  std::memcpy(state.data, &now, sizeof now);
  return call.CopyToBuffer(bytes.data(), bytes.size());
}

}  // namespace realm
