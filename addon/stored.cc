#include "stored.h"

#include <string>
#include <vector>

#include "codes.h"
#include "convert.h"
#include "environment.h"

// Error texts are upstream's, character for character; where upstream lost the cause, it follows after a colon.

namespace realm {
namespace {

std::string NotFound(uint32_t id) { return "Model " + std::to_string(id) + " not found"; }

// A failure of a function that uses a stored model.
napi_value ThrowUse(napi_env env, uint32_t id, const realm_error& error) {
  if (error.code == E_MODEL_NOT_FOUND) return Throw(env, CodeName(error.code), NotFound(id) + ": " + NotFound(id));
  return ThrowEngine(env, error);
}

struct Shape {
  uint32_t hidden = 0, vocab = 0, layers = 0;
};

// int32_t realm_stored_shape(uint32_t id, uint32_t *hidden, uint32_t *vocab, uint32_t *layers, realm_error *error);
bool ToShape(napi_env env, const Engine* engine, uint32_t id, Shape* shape) {
  Failure error;
  if (engine->stored_shape(id, &shape->hidden, &shape->vocab, &shape->layers, &error) == 0) return true;
  ThrowUse(env, id, error);
  return false;
}

// Where a result goes: a new ArrayBuffer, or the caller's own array (the argument `out`, when `into`).
struct Output {
  float* data = nullptr;
  uint64_t elements = 0;
  napi_value value = nullptr;  // what the function returns

  bool Take(napi_env env, napi_value out, bool into, uint64_t needed) {
    elements = needed;
    if (!into) {
      void* bytes = nullptr;
      value = NewArrayBuffer(env, needed * sizeof(float), &bytes);
      data = static_cast<float*>(bytes);
      return value != nullptr;
    }
    Bytes bytes;
    if (!ToBytes(env, out, &bytes)) return false;
    if (bytes.length / sizeof(float) < needed) {
      Throw(env, CodeName(E_INVALID_ARGUMENT), "out must hold at least " + std::to_string(needed) + " float32 values, got room for " +
                                                   std::to_string(bytes.length / sizeof(float)));
      return false;
    }
    data = reinterpret_cast<float*>(bytes.data);
    value = Undefined(env);
    return true;
  }
};

// Looks again at an input after a result was made for it: that calls the global ArrayBuffer constructor, which a user
// may have replaced by code that detaches the input.
bool Retake(napi_env env, napi_value value, uint64_t elements, Bytes* bytes) {
  if (!ToBytes(env, value, bytes)) return false;
  if (bytes->length / sizeof(float) >= elements) return true;
  Throw(env, CodeName(E_INVALID_ARGUMENT), "the input array was detached or shrunk during the call");
  return false;
}

napi_value ThrowStore(napi_env env, uint32_t wanted, const realm_error& error) {
  std::string text = "Failed to store model: ";
  if (error.code == E_MODEL_EXISTS)
    text += "Model ID " + std::to_string(wanted) + " already exists with different model. Use a different ID or remove existing model.";
  else if (error.code >= E_NOT_GGUF && error.code <= E_HPARAM)
    text += "Failed to parse GGUF header: " + Message(error);
  else
    text += Message(error);
  return Throw(env, CodeName(error.code), text);
}

// The id that the caller asks for: 0, null and undefined leave it to the content.
bool ToWantedId(const Args& args, size_t index, uint32_t* wanted) {
  *wanted = 0;
  return args.count <= index || IsNullish(args.env, args.at[index]) || ToU32(args.env, args.at[index], wanted);
}

}  // namespace

// int32_t realm_stored_add_bytes(const uint8_t *bytes, uint64_t length, uint32_t wanted, uint32_t *id, realm_error *error);
napi_value StoreModel(napi_env env, napi_callback_info info) {
  const Args args(env, info);
  Bytes bytes;
  uint32_t wanted, id = 0;
  if (!args.Need(1) || !ToBytes(env, args.at[0], &bytes) || !ToWantedId(args, 1, &wanted)) return nullptr;
  const Engine* engine = RequireEngine(env);
  if (!engine) return nullptr;
  Failure error;
  if (engine->stored_add_bytes(bytes.data, bytes.length, wanted, &id, &error) != 0) return ThrowStore(env, wanted, error);
  return FromNumber(env, id);
}

// int32_t realm_stored_add_path(const uint8_t *path, uint64_t length, uint32_t wanted, uint32_t *id, realm_error *error);
napi_value StoreModelPath(napi_env env, napi_callback_info info) {
  const Args args(env, info);
  std::string path;
  uint32_t wanted, id = 0;
  if (!args.Need(1) || !ToText(env, args.at[0], &path) || !ToWantedId(args, 1, &wanted)) return nullptr;
  const Engine* engine = RequireEngine(env);
  if (!engine) return nullptr;
  Failure error;
  const auto* text = reinterpret_cast<const uint8_t*>(path.data());
  if (engine->stored_add_path(text, path.size(), wanted, &id, &error) != 0) return ThrowStore(env, wanted, error);
  return FromNumber(env, id);
}

static napi_value ThrowTensor(napi_env env, uint32_t id, const std::string& name, const realm_error& error) {
  if (error.code == E_TENSOR_NOT_FOUND) return Throw(env, CodeName(error.code), "Tensor '" + name + "' not found");
  if (error.code == E_UNSUPPORTED) return Throw(env, CodeName(error.code), "Failed to dequantize: " + Message(error));
  return ThrowUse(env, id, error);
}

// int32_t realm_stored_tensor_size(uint32_t id, const uint8_t *name, uint64_t length, uint64_t *elements, realm_error *error);
// int32_t realm_stored_tensor_read(uint32_t id, const uint8_t *name, uint64_t length, float *out, uint64_t elements, realm_error *error);
napi_value GetTensor(napi_env env, napi_callback_info info) {
  const Args args(env, info);
  uint32_t id;
  std::string name;
  if (!args.Need(2) || !ToU32(env, args.at[0], &id) || !ToText(env, args.at[1], &name)) return nullptr;
  const Engine* engine = RequireEngine(env);
  if (!engine) return nullptr;
  Failure error;
  uint64_t elements = 0;
  const auto* text = reinterpret_cast<const uint8_t*>(name.data());
  if (engine->stored_tensor_size(id, text, name.size(), &elements, &error) != 0) return ThrowTensor(env, id, name, error);
  Output out;
  if (!out.Take(env, nullptr, false, elements)) return nullptr;
  if (engine->stored_tensor_read(id, text, name.size(), out.data, elements, &error) != 0) return ThrowTensor(env, id, name, error);
  return out.value;
}

// int32_t realm_stored_info(uint32_t id, uint64_t *tensor_count, uint64_t *total_size, realm_error *error);
napi_value GetModelInfo(napi_env env, napi_callback_info info) {
  const Args args(env, info);
  uint32_t id;
  if (!args.Need(1) || !ToU32(env, args.at[0], &id)) return nullptr;
  const Engine* engine = RequireEngine(env);
  if (!engine) return nullptr;
  Failure error;
  uint64_t count = 0, size = 0;
  if (engine->stored_info(id, &count, &size, &error) != 0) {
    if (error.code != E_MODEL_NOT_FOUND) return ThrowEngine(env, error);
    return Throw(env, CodeName(error.code), "Failed to get model: " + NotFound(id));
  }
  napi_value result;
  if (napi_create_object(env, &result) != napi_ok) return nullptr;
  napi_set_named_property(env, result, "tensor_count", FromNumber(env, static_cast<double>(count)));
  napi_set_named_property(env, result, "total_size", FromNumber(env, static_cast<double>(size)));
  return result;
}

// int32_t realm_stored_remove(uint32_t id, realm_error *error);
napi_value RemoveModel(napi_env env, napi_callback_info info) {
  const Args args(env, info);
  uint32_t id;
  if (!args.Need(1) || !ToU32(env, args.at[0], &id)) return nullptr;
  const Engine* engine = RequireEngine(env);
  if (!engine) return nullptr;
  Failure error;
  Environment::Of(env)->own.erase(id);
  if (engine->stored_remove(id, &error) == 0) return Undefined(env);
  if (error.code != E_MODEL_NOT_FOUND) return ThrowEngine(env, error);
  return Throw(env, CodeName(error.code), "Failed to remove model: " + NotFound(id));
}

// int32_t realm_stored_embed(uint32_t id, const uint32_t *tokens, uint64_t count, float *out, uint64_t elements, realm_error *error);
static napi_value Embed(napi_env env, napi_callback_info info, bool into) {
  const Args args(env, info);
  uint32_t id;
  std::vector<uint32_t> tokens;
  if (!args.Need(into ? 3 : 2) || !ToU32(env, args.at[0], &id) || !ToIds(env, args.at[1], &tokens)) return nullptr;
  const Engine* engine = RequireEngine(env);
  Shape shape;
  if (!engine || !ToShape(env, engine, id, &shape)) return nullptr;
  Output out;
  if (!out.Take(env, args.at[2], into, static_cast<uint64_t>(tokens.size()) * shape.hidden)) return nullptr;
  Failure error;
  if (engine->stored_embed(id, tokens.data(), tokens.size(), out.data, out.elements, &error) != 0) return ThrowUse(env, id, error);
  return out.value;
}

napi_value EmbedTokens(napi_env env, napi_callback_info info) { return Embed(env, info, false); }
napi_value EmbedTokensInto(napi_env env, napi_callback_info info) { return Embed(env, info, true); }

// int32_t realm_stored_forward(uint32_t id, uint32_t layer, const float *hidden, uint64_t elements, uint32_t position, float *out, realm_error *error);
static napi_value Forward(napi_env env, napi_callback_info info, bool into) {
  const Args args(env, info);
  uint32_t id, layer, position;
  Bytes hidden;
  if (!args.Need(into ? 5 : 4) || !ToU32(env, args.at[0], &id) || !ToU32(env, args.at[1], &layer) ||
      !ToBytes(env, args.at[2], &hidden) || !ToU32(env, args.at[3], &position))
    return nullptr;
  const Engine* engine = RequireEngine(env);
  Shape shape;
  if (!engine || !ToShape(env, engine, id, &shape)) return nullptr;
  if (layer >= shape.layers)
    return Throw(env, CodeName(E_INVALID_ARGUMENT), "attn_norm.weight not found for layer " + std::to_string(layer));
  const uint64_t elements = hidden.length / sizeof(float);
  if (shape.hidden == 0 || elements % shape.hidden != 0)
    return Throw(env, CodeName(E_INVALID_ARGUMENT), "Invalid hidden_states length: " + std::to_string(elements) +
                                                        " not divisible by hidden_size " + std::to_string(shape.hidden));
  Output out;
  if (!out.Take(env, args.at[4], into, elements)) return nullptr;
  if (!into && !Retake(env, args.at[2], elements, &hidden)) return nullptr;
  Failure error;
  const auto* rows = reinterpret_cast<const float*>(hidden.data);
  if (engine->stored_forward(id, layer, rows, elements, position, out.data, &error) != 0) return ThrowUse(env, id, error);
  return out.value;
}

napi_value ForwardLayer(napi_env env, napi_callback_info info) { return Forward(env, info, false); }
napi_value ForwardLayerInto(napi_env env, napi_callback_info info) { return Forward(env, info, true); }

// int32_t realm_stored_logits(uint32_t id, const float *hidden, uint64_t elements, float *out, uint64_t out_elements, realm_error *error);
static napi_value Logits(napi_env env, napi_callback_info info, bool into) {
  const Args args(env, info);
  uint32_t id;
  Bytes hidden;
  if (!args.Need(into ? 3 : 2) || !ToU32(env, args.at[0], &id) || !ToBytes(env, args.at[1], &hidden)) return nullptr;
  const Engine* engine = RequireEngine(env);
  Shape shape;
  if (!engine || !ToShape(env, engine, id, &shape)) return nullptr;
  const uint64_t elements = hidden.length / sizeof(float);
  if (elements != shape.hidden)
    return Throw(env, CodeName(E_INVALID_ARGUMENT),
                 "Invalid hidden_state length: " + std::to_string(elements) + " != " + std::to_string(shape.hidden));
  Output out;
  if (!out.Take(env, args.at[2], into, shape.vocab)) return nullptr;
  if (!into && !Retake(env, args.at[1], elements, &hidden)) return nullptr;
  Failure error;
  const auto* row = reinterpret_cast<const float*>(hidden.data);
  if (engine->stored_logits(id, row, elements, out.data, out.elements, &error) != 0) return ThrowUse(env, id, error);
  return out.value;
}

napi_value ComputeLogits(napi_env env, napi_callback_info info) { return Logits(env, info, false); }
napi_value ComputeLogitsInto(napi_env env, napi_callback_info info) { return Logits(env, info, true); }

}  // namespace realm
