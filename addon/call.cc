#include "call.h"

#include <string.h>

#include "environment.h"

namespace realm {

std::string Message(const realm_error& error) {
  const uint32_t most = sizeof(error.message);
  return std::string(error.message, error.length < most ? error.length : most);
}

Napi::Value Throw(const Napi::Error& error, const char* code) {
  const Napi::Env env = error.Env();
  if (error.IsEmpty() || env.IsExceptionPending()) return {};  // two at a time would end the process
  error.Value().Set("code", code);
  if (!env.IsExceptionPending()) error.ThrowAsJavaScriptException();
  return {};
}

Napi::Value ThrowOutOfMemory(Napi::Env env, const char* what) {
  return env.IsExceptionPending() ? Napi::Value() : Throw(Napi::Error::New(env, what), CodeName(E_OUT_OF_MEMORY));
}

Call::Call(const Napi::CallbackInfo& info, size_t least) : env(info.Env()), _info(info) {
  if (info.Length() < least) FailType("not enough arguments");  // upstream's words, as for the conversions below
}

bool Call::Ready() {
  if (!_ok) return false;
  std::string problem;
  engine = LoadEngine(&problem);
  if (engine) return true;
  _ok = false;
  Throw(Napi::Error::New(env, problem), CodeName(E_ENGINE));
  return false;
}

Napi::Value Call::Fail(int32_t code, const std::string& message) {
  const bool first = _ok && !env.IsExceptionPending();
  _ok = false;
  return first ? Throw(Napi::Error::New(env, message), CodeName(code)) : Napi::Value();
}

Napi::Value Call::FailType(const char* message) {
  const bool first = _ok && !env.IsExceptionPending();
  _ok = false;
  return first ? Throw(Napi::TypeError::New(env, message), CodeName(E_INVALID_ARGUMENT)) : Napi::Value();
}

uint32_t Call::ToU32(Napi::Value value) {
  if (!value.IsNumber()) return FailType("failed to downcast any to number"), 0;
  const double number = value.As<Napi::Number>().DoubleValue();
  return !(number > 0) ? 0 : number >= 4294967295.0 ? UINT32_MAX : static_cast<uint32_t>(number);
}

int32_t Call::ToI32(Napi::Value value) {
  if (!value.IsNumber()) return FailType("failed to downcast any to number"), 0;
  const double number = value.As<Napi::Number>().DoubleValue();
  return number != number ? 0 : number >= 2147483647.0 ? INT32_MAX : number <= -2147483648.0 ? INT32_MIN : static_cast<int32_t>(number);
}

float Call::ToFloat(Napi::Value value) {
  if (!value.IsNumber()) return FailType("failed to downcast any to number"), 0.0f;
  return static_cast<float>(value.As<Napi::Number>().DoubleValue());
}

uint64_t Call::ToHandle(Napi::Value value) {
  if (!value.IsBigInt()) return FailType("failed to downcast any to bigint"), 0;
  bool whole;
  return value.As<Napi::BigInt>().Uint64Value(&whole);
}

int32_t Call::ToFlag(Napi::Value value) {
  if (!value.IsBoolean()) return FailType("failed to downcast any to boolean"), 0;
  return value.As<Napi::Boolean>().Value() ? 1 : 0;
}

std::string Call::ToText(Napi::Value value) {
  if (!value.IsString()) return FailType("failed to downcast any to string"), std::string();
  return value.As<Napi::String>().Utf8Value();
}

Bytes Call::ToBytes(Napi::Value value) {
  if (value.IsTypedArray()) {
    // Data() of a view of whatever type; not through its ArrayBuffer, which may be shared memory.
    auto view = value.As<Napi::Uint8Array>();
    if (view.ElementSize()) return {view.Data(), view.ElementLength() * view.ElementSize()};  // else of a type newer than this shim
  } else if (value.IsDataView()) {
    const auto view = value.As<Napi::DataView>();
    return {static_cast<uint8_t*>(view.Data()), view.ByteLength()};
  } else if (value.IsArrayBuffer()) {
    auto buffer = value.As<Napi::ArrayBuffer>();
    return {static_cast<uint8_t*>(buffer.Data()), buffer.ByteLength()};
  }
  FailType("failed to downcast any to Buffer");
  return {};
}

std::vector<uint32_t> Call::ToIds(Napi::Value value) {
  const Bytes bytes = ToBytes(value);
  std::vector<uint32_t> ids(bytes.length / 4);
  if (!ids.empty()) memcpy(ids.data(), bytes.data, ids.size() * 4);
  return ids;
}

Napi::ArrayBuffer Call::NewBuffer(uint64_t bytes) {
  const Napi::ArrayBuffer buffer = realm::NewBuffer(env, bytes);
  _ok = _ok && !buffer.IsEmpty();
  return buffer;
}

Napi::Value Call::CopyToBuffer(const void* bytes, size_t length) { return realm::CopyToBuffer(env, bytes, length); }

Napi::ArrayBuffer NewBuffer(Napi::Env env, uint64_t bytes) {
  // By the constructor: napi_create_arraybuffer ends the process where there is no memory.
  const Napi::Function constructor = env.GetInstanceData<Environment>()->array_buffer.Value();
  const Napi::Value made = constructor.New({Napi::Number::New(env, static_cast<double>(bytes))});
  if (env.IsExceptionPending()) {
    env.GetAndClearPendingException();
    ThrowOutOfMemory(env, ("no memory for a result of " + std::to_string(bytes) + " bytes").c_str());
    return {};
  }
  if (made.IsEmpty()) return {};  // the environment is being terminated
  auto buffer = made.As<Napi::ArrayBuffer>();
  if (made.IsArrayBuffer() && buffer.ByteLength() == bytes) return buffer;
  Throw(Napi::Error::New(env, "the global ArrayBuffer constructor was replaced"), CodeName(E_INTERNAL));
  return {};
}

Napi::Value CopyToBuffer(Napi::Env env, const void* bytes, size_t length) {
  Napi::ArrayBuffer buffer = NewBuffer(env, length);
  if (!buffer.IsEmpty() && length) memcpy(buffer.Data(), bytes, length);
  return buffer;
}

Napi::Value NewText(Napi::Env env, const void* utf8, size_t length) {
  const auto text = Napi::String::New(env, static_cast<const char*>(utf8), length);
  if (!env.IsExceptionPending()) return text;
  env.GetAndClearPendingException();
  return ThrowOutOfMemory(env, ("a text of " + std::to_string(length) + " bytes is more than a string of JavaScript holds").c_str());
}

}  // namespace realm
