#include "convert.h"

#include <string.h>

#include "codes.h"

namespace realm {

Args::Args(napi_env env, napi_callback_info info) : env(env) {
  size_t given = kMost;
  napi_get_cb_info(env, info, &given, at, nullptr, nullptr);  // fills the rest with undefined
  count = given < kMost ? given : kMost;
}

bool Args::Need(size_t least) const {
  if (count >= least) return true;
  ThrowType(env, "not enough arguments");
  return false;
}

static napi_valuetype TypeOf(napi_env env, napi_value value) {
  napi_valuetype type = napi_undefined;
  napi_typeof(env, value, &type);
  return type;
}

bool IsNullish(napi_env env, napi_value value) {
  const napi_valuetype type = TypeOf(env, value);
  return type == napi_undefined || type == napi_null;
}

bool IsString(napi_env env, napi_value value) { return TypeOf(env, value) == napi_string; }

static bool ToNumber(napi_env env, napi_value value, double* out) {
  if (TypeOf(env, value) == napi_number && napi_get_value_double(env, value, out) == napi_ok) return true;
  ThrowType(env, "failed to downcast any to number");
  return false;
}

bool ToU32(napi_env env, napi_value value, uint32_t* out) {
  double number;
  if (!ToNumber(env, value, &number)) return false;
  *out = !(number > 0) ? 0 : number >= 4294967295.0 ? UINT32_MAX : static_cast<uint32_t>(number);
  return true;
}

bool ToI32(napi_env env, napi_value value, int32_t* out) {
  double number;
  if (!ToNumber(env, value, &number)) return false;
  *out = number != number ? 0 : number >= 2147483647.0 ? INT32_MAX : number <= -2147483648.0 ? INT32_MIN : static_cast<int32_t>(number);
  return true;
}

bool ToHandle(napi_env env, napi_value value, uint64_t* out) {
  bool whole;
  if (TypeOf(env, value) == napi_bigint && napi_get_value_bigint_uint64(env, value, out, &whole) == napi_ok) return true;
  ThrowType(env, "failed to downcast any to bigint");
  return false;
}

bool ToBool(napi_env env, napi_value value, int32_t* out) {
  bool flag;
  if (napi_get_value_bool(env, value, &flag) == napi_ok) {
    *out = flag ? 1 : 0;
    return true;
  }
  ThrowType(env, "failed to downcast any to boolean");
  return false;
}

bool ToText(napi_env env, napi_value value, std::string* out) {
  size_t length = 0;
  if (TypeOf(env, value) != napi_string || napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) {
    ThrowType(env, "failed to downcast any to string");
    return false;
  }
  out->resize(length + 1);  // room for the NUL that Node-API writes
  napi_get_value_string_utf8(env, value, &(*out)[0], length + 1, &length);
  out->resize(length);
  return true;
}

static size_t ElementSize(napi_typedarray_type type) {
  switch (type) {
    case napi_int8_array:
    case napi_uint8_array:
    case napi_uint8_clamped_array: return 1;
    case napi_int16_array:
    case napi_uint16_array: return 2;
    case napi_int32_array:
    case napi_uint32_array:
    case napi_float32_array: return 4;
    case napi_float64_array:
    case napi_bigint64_array:
    case napi_biguint64_array: return 8;
    default: return 0;  // a type newer than this shim, such as Float16Array
  }
}

bool ToBytes(napi_env env, napi_value value, Bytes* out) {
  bool yes = false;
  void* data = nullptr;
  size_t length = 0;
  if (napi_is_typedarray(env, value, &yes) == napi_ok && yes) {
    napi_typedarray_type type;
    if (napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) == napi_ok && ElementSize(type)) {
      *out = {static_cast<uint8_t*>(data), length * ElementSize(type)};
      return true;
    }
  } else if (napi_is_dataview(env, value, &yes) == napi_ok && yes) {
    if (napi_get_dataview_info(env, value, &length, &data, nullptr, nullptr) == napi_ok) {
      *out = {static_cast<uint8_t*>(data), length};
      return true;
    }
  } else if (napi_is_arraybuffer(env, value, &yes) == napi_ok && yes) {
    if (napi_get_arraybuffer_info(env, value, &data, &length) == napi_ok) {
      *out = {static_cast<uint8_t*>(data), length};
      return true;
    }
  }
  ThrowType(env, "failed to downcast any to Buffer");
  return false;
}

bool ToIds(napi_env env, napi_value value, std::vector<uint32_t>* out) {
  Bytes bytes;
  if (!ToBytes(env, value, &bytes)) return false;
  out->resize(bytes.length / 4);
  if (!out->empty()) memcpy(out->data(), bytes.data, out->size() * 4);
  return true;
}

napi_value Undefined(napi_env env) {
  napi_value value = nullptr;
  napi_get_undefined(env, &value);
  return value;
}

napi_value FromNumber(napi_env env, double number) {
  napi_value value = nullptr;
  napi_create_double(env, number, &value);
  return value;
}

napi_value FromHandle(napi_env env, uint64_t handle) {
  napi_value value = nullptr;
  napi_create_bigint_uint64(env, handle, &value);
  return value;
}

napi_value FromText(napi_env env, const void* utf8, size_t length) {
  napi_value value = nullptr;
  napi_create_string_utf8(env, static_cast<const char*>(utf8), length, &value);  // fails, with an exception pending, on more than 2^29 characters
  return value;
}

napi_value NewArrayBuffer(napi_env env, uint64_t bytes, void** data) {
  napi_value global, constructor, size, buffer;
  size_t length = 0;
  if (napi_get_global(env, &global) != napi_ok ||
      napi_get_named_property(env, global, "ArrayBuffer", &constructor) != napi_ok ||
      napi_create_double(env, static_cast<double>(bytes), &size) != napi_ok ||
      napi_new_instance(env, constructor, 1, &size, &buffer) != napi_ok)
    return nullptr;
  if (napi_get_arraybuffer_info(env, buffer, data, &length) != napi_ok || length != bytes)
    return Throw(env, "E_INTERNAL", "the global ArrayBuffer constructor was replaced");
  return buffer;
}

napi_value CopyToArrayBuffer(napi_env env, const void* bytes, size_t length) {
  void* data = nullptr;
  napi_value buffer = NewArrayBuffer(env, length, &data);
  if (buffer && length) memcpy(data, bytes, length);
  return buffer;
}

static napi_value ThrowWith(napi_env env, const char* code, const std::string& message,
                            napi_status (*create)(napi_env, napi_value, napi_value, napi_value*)) {
  napi_value code_value, text, error;
  if (napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &code_value) == napi_ok &&
      napi_create_string_utf8(env, message.data(), message.size(), &text) == napi_ok &&
      create(env, code_value, text, &error) == napi_ok)
    napi_throw(env, error);
  return nullptr;
}

napi_value Throw(napi_env env, const char* code, const std::string& message) {
  return ThrowWith(env, code, message, napi_create_error);
}

napi_value ThrowType(napi_env env, const std::string& message) {
  return ThrowWith(env, CodeName(E_INVALID_ARGUMENT), message, napi_create_type_error);
}

std::string Message(const realm_error& error) {
  const uint32_t most = sizeof(error.message);
  return std::string(error.message, error.length < most ? error.length : most);
}

napi_value ThrowEngine(napi_env env, const realm_error& error) { return Throw(env, CodeName(error.code), Message(error)); }

const Engine* RequireEngine(napi_env env) {
  std::string problem;
  const Engine* engine = LoadEngine(&problem);
  if (!engine) Throw(env, "E_ENGINE", problem);
  return engine;
}

}  // namespace realm
