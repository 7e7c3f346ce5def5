#include "stored.h"

#include <string>
#include <vector>

#include "environment.h"

// Error texts are upstream's, character for character; where upstream lost the cause, it follows after a colon.

namespace realm {
namespace {

std::string NotFound(uint32_t id) { return "Model " + std::to_string(id) + " not found"; }

// A failure of a function that uses a stored model.
Napi::Value FailUse(Call& call, uint32_t id, const realm_error& error) {
  if (error.code == E_MODEL_NOT_FOUND) return call.Fail(error.code, NotFound(id));
  return call.FailEngine(error);
}

struct Shape {
  uint32_t hidden = 0, vocab = 0, layers = 0;

  // The engine and the model's shape, if the arguments were right and there is such a model.
  // int32_t realm_stored_shape(uint32_t id, uint32_t *hidden, uint32_t *vocab, uint32_t *layers, realm_error *error);
  bool Take(Call& call, uint32_t id) {
    Failure error;
    if (!call.Ready()) return false;
    if (call.engine->stored_shape(id, &hidden, &vocab, &layers, &error) == 0) return true;
    FailUse(call, id, error);
    return false;
  }
};

// Where a result goes: a new ArrayBuffer, or the caller's own array (the argument `out`, when `into`).
struct Output {
  float* data = nullptr;
  uint64_t elements = 0;
  Napi::Value value;  // what the function returns

  bool Take(Call& call, bool into, Napi::Value out, uint64_t needed) {
    elements = needed;
    if (!into) {
      Napi::ArrayBuffer buffer = call.NewBuffer(needed * sizeof(float));
      if (!call.ok()) return false;
      data = static_cast<float*>(buffer.Data());
      value = buffer;
      return true;
    }
    const Bytes bytes = call.ToBytes(out);
    if (call.ok() && bytes.length / sizeof(float) < needed) {
      call.Fail(E_INVALID_ARGUMENT, "out must hold at least " + std::to_string(needed) + " float32 values, got room for " +
                                        std::to_string(bytes.length / sizeof(float)));
    }
    data = reinterpret_cast<float*>(bytes.data);
    return call.ok();
  }
};

Napi::Value FailStore(Call& call, uint32_t wanted, const realm_error& error) {
  std::string text = "Failed to store model: ";
  if (error.code == E_MODEL_EXISTS)
    text += "Model ID " + std::to_string(wanted) + " already exists with different model. Use a different ID or remove existing model.";
  else if (error.code >= E_NOT_GGUF && error.code <= E_HPARAM)
    text += "Failed to parse GGUF header: " + Message(error);
  else
    text += Message(error);
  return call.Fail(error.code, text);
}

// The id that the caller asks for: 0, null and undefined leave it to the content.
uint32_t ToWantedId(Call& call, Napi::Value value) {
  return value.IsUndefined() || value.IsNull() ? 0 : call.ToU32(value);
}

const uint8_t* BytesOf(const std::string& text) { return reinterpret_cast<const uint8_t*>(text.data()); }

}  // namespace

// int32_t realm_stored_add_bytes(const uint8_t *bytes, uint64_t length, uint32_t wanted, uint32_t *id, realm_error *error);
Napi::Value StoreModel(Call& call) {
  const Bytes bytes = call.ToBytes(call[0]);
  const uint32_t wanted = ToWantedId(call, call[1]);
  if (!call.Ready()) return {};
  Failure error;
  uint32_t id = 0;
  if (call.engine->stored_add_bytes(bytes.data, bytes.length, wanted, &id, &error) != 0) return FailStore(call, wanted, error);
  return Napi::Number::New(call.env, id);
}

// int32_t realm_stored_add_path(const uint8_t *path, uint64_t length, uint32_t wanted, uint32_t *id, realm_error *error);
Napi::Value StoreModelPath(Call& call) {
  const std::string path = call.ToText(call[0]);
  const uint32_t wanted = ToWantedId(call, call[1]);
  if (!call.Ready()) return {};
  Failure error;
  uint32_t id = 0;
  if (call.engine->stored_add_path(BytesOf(path), path.size(), wanted, &id, &error) != 0) return FailStore(call, wanted, error);
  return Napi::Number::New(call.env, id);
}

static Napi::Value FailTensor(Call& call, uint32_t id, const std::string& name, const realm_error& error) {
  if (error.code == E_TENSOR_NOT_FOUND) return call.Fail(error.code, "Tensor '" + name + "' not found");
  if (error.code == E_UNSUPPORTED) return call.Fail(error.code, "Failed to dequantize: " + Message(error));
  return FailUse(call, id, error);
}

// int32_t realm_stored_tensor_size(uint32_t id, const uint8_t *name, uint64_t length, uint64_t *elements, realm_error *error);
Napi::Value TensorElements(Call& call) {
  const uint32_t id = call.ToU32(call[0]);
  const std::string name = call.ToText(call[1]);
  if (!call.Ready()) return {};
  Failure error;
  uint64_t elements = 0;
  if (call.engine->stored_tensor_size(id, BytesOf(name), name.size(), &elements, &error) != 0) return FailTensor(call, id, name, error);
  return Napi::Number::New(call.env, static_cast<double>(elements));
}

// int32_t realm_stored_tensor_size(uint32_t id, const uint8_t *name, uint64_t length, uint64_t *elements, realm_error *error);
// int32_t realm_stored_tensor_read(uint32_t id, const uint8_t *name, uint64_t length, float *out, uint64_t elements, realm_error *error);
Napi::Value GetTensor(Call& call) {
  const uint32_t id = call.ToU32(call[0]);
  const std::string name = call.ToText(call[1]);
  if (!call.Ready()) return {};
  Failure error;
  uint64_t elements = 0;
  if (call.engine->stored_tensor_size(id, BytesOf(name), name.size(), &elements, &error) != 0) return FailTensor(call, id, name, error);
  Output out;
  if (!out.Take(call, false, {}, elements)) return {};
  if (call.engine->stored_tensor_read(id, BytesOf(name), name.size(), out.data, elements, &error) != 0)
    return FailTensor(call, id, name, error);
  return out.value;
}

// int32_t realm_stored_info(uint32_t id, uint64_t *tensor_count, uint64_t *total_size, realm_error *error);
Napi::Value GetModelInfo(Call& call) {
  const uint32_t id = call.ToU32(call[0]);
  if (!call.Ready()) return {};
  Failure error;
  uint64_t count = 0, size = 0;
  if (call.engine->stored_info(id, &count, &size, &error) != 0) {
    if (error.code != E_MODEL_NOT_FOUND) return call.FailEngine(error);
    return call.Fail(error.code, "Failed to get model: " + NotFound(id));
  }
  Napi::Object result = Napi::Object::New(call.env);
  result.Set("tensor_count", static_cast<double>(count));
  result.Set("total_size", static_cast<double>(size));
  return result;
}

// int32_t realm_stored_remove(uint32_t id, realm_error *error);
Napi::Value RemoveModel(Call& call) {
  const uint32_t id = call.ToU32(call[0]);
  if (!call.Ready()) return {};
  call.env.GetInstanceData<Environment>()->own.erase(id);
  Failure error;
  if (call.engine->stored_remove(id, &error) == 0) return {};
  if (error.code != E_MODEL_NOT_FOUND) return call.FailEngine(error);
  return call.Fail(error.code, "Failed to remove model: " + NotFound(id));
}

// int32_t realm_stored_embed(uint32_t id, const uint32_t *tokens, uint64_t count, float *out, uint64_t elements, realm_error *error);
static Napi::Value Embed(Call& call, bool into) {
  const uint32_t id = call.ToU32(call[0]);
  const std::vector<uint32_t> tokens = call.ToIds(call[1]);
  Shape shape;
  Output out;
  if (!shape.Take(call, id) || !out.Take(call, into, call[2], static_cast<uint64_t>(tokens.size()) * shape.hidden)) return {};
  Failure error;
  if (call.engine->stored_embed(id, tokens.data(), tokens.size(), out.data, out.elements, &error) != 0) return FailUse(call, id, error);
  return out.value;
}

Napi::Value EmbedTokens(Call& call) { return Embed(call, false); }
Napi::Value EmbedTokensInto(Call& call) { return Embed(call, true); }

// int32_t realm_stored_forward(uint32_t id, uint32_t layer, const float *hidden, uint64_t elements, uint32_t position, float *out, realm_error *error);
static Napi::Value Forward(Call& call, bool into) {
  const uint32_t id = call.ToU32(call[0]), layer = call.ToU32(call[1]);
  const Bytes hidden = call.ToBytes(call[2]);
  const uint32_t position = call.ToU32(call[3]);
  Shape shape;
  if (!shape.Take(call, id)) return {};
  if (layer >= shape.layers) return call.Fail(E_INVALID_ARGUMENT, "attn_norm.weight not found for layer " + std::to_string(layer));
  const uint64_t elements = hidden.length / sizeof(float);
  if (shape.hidden == 0 || elements % shape.hidden != 0)
    return call.Fail(E_INVALID_ARGUMENT, "Invalid hidden_states length: " + std::to_string(elements) + " not divisible by hidden_size " +
                                             std::to_string(shape.hidden));
  Output out;
  if (!out.Take(call, into, call[4], elements)) return {};
  Failure error;
  const auto* rows = reinterpret_cast<const float*>(hidden.data);
  if (call.engine->stored_forward(id, layer, rows, elements, position, out.data, &error) != 0) return FailUse(call, id, error);
  return out.value;
}

Napi::Value ForwardLayer(Call& call) { return Forward(call, false); }
Napi::Value ForwardLayerInto(Call& call) { return Forward(call, true); }

// int32_t realm_stored_logits(uint32_t id, const float *hidden, uint64_t elements, float *out, uint64_t out_elements, realm_error *error);
static Napi::Value Logits(Call& call, bool into) {
  const uint32_t id = call.ToU32(call[0]);
  const Bytes hidden = call.ToBytes(call[1]);
  Shape shape;
  if (!shape.Take(call, id)) return {};
  const uint64_t elements = hidden.length / sizeof(float);
  // Of several rows the last is meant: whoever passes on all of a prompt wants what comes next.
  if (elements == 0 || elements % shape.hidden != 0)
    return call.Fail(E_INVALID_ARGUMENT,
                     "Invalid hidden_state length: " + std::to_string(elements) + " != " + std::to_string(shape.hidden));
  Output out;
  if (!out.Take(call, into, call[2], shape.vocab)) return {};
  Failure error;
  const auto* row = reinterpret_cast<const float*>(hidden.data) + (elements - shape.hidden);
  if (call.engine->stored_logits(id, row, shape.hidden, out.data, out.elements, &error) != 0) return FailUse(call, id, error);
  return out.value;
}

Napi::Value ComputeLogits(Call& call) { return Logits(call, false); }
Napi::Value ComputeLogitsInto(Call& call) { return Logits(call, true); }

}  // namespace realm
