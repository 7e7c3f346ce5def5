// Values from JavaScript to C and back. Every function that can fail leaves a JavaScript exception pending and returns
// false or nullptr; the caller then returns nullptr at once.
#pragma once
#include <node_api.h>
#include <stddef.h>
#include <stdint.h>

#include <string>
#include <vector>

#include "engine.h"

namespace realm {

// The arguments of one call. Missing ones are undefined; more than eight are ignored.
struct Args {
  static constexpr size_t kMost = 8;
  napi_env env;
  size_t count = kMost;
  napi_value at[kMost];

  Args(napi_env env, napi_callback_info info);
  // Upstream's words for a call with too few arguments.
  bool Need(size_t least) const;
};

// Bytes that belong to JavaScript: valid until the next call into JavaScript.
struct Bytes {
  uint8_t* data = nullptr;
  size_t length = 0;
};

bool IsNullish(napi_env env, napi_value value);
bool IsString(napi_env env, napi_value value);

// Upstream's conversion: any number, saturated. NaN and negative numbers become 0, fractions are cut.
bool ToU32(napi_env env, napi_value value, uint32_t* out);
bool ToI32(napi_env env, napi_value value, int32_t* out);
bool ToHandle(napi_env env, napi_value value, uint64_t* out);
bool ToBool(napi_env env, napi_value value, int32_t* out);
bool ToText(napi_env env, napi_value value, std::string* out);
// A Buffer, any other view or an ArrayBuffer.
bool ToBytes(napi_env env, napi_value value, Bytes* out);
// A copy of little-endian u32, so that nobody can change it between check and use; up to three trailing bytes are ignored.
bool ToIds(napi_env env, napi_value value, std::vector<uint32_t>* out);

napi_value Undefined(napi_env env);
napi_value FromNumber(napi_env env, double value);
napi_value FromHandle(napi_env env, uint64_t value);
napi_value FromText(napi_env env, const void* utf8, size_t length);
// A new ArrayBuffer; its bytes in *data. Too large a size is a RangeError (napi_create_arraybuffer would end the process).
napi_value NewArrayBuffer(napi_env env, uint64_t bytes, void** data);
napi_value CopyToArrayBuffer(napi_env env, const void* bytes, size_t length);

// An error buffer for the engine. Only what is read before the engine writes is set: the rest is 2 KB.
struct Failure : realm_error {
  Failure() {
    code = 0;
    length = 0;
  }
};

// Leaves an Error with `code` pending. Returns nullptr, for `return Throw(...)`.
napi_value Throw(napi_env env, const char* code, const std::string& message);
napi_value ThrowType(napi_env env, const std::string& message);
std::string Message(const realm_error& error);
napi_value ThrowEngine(napi_env env, const realm_error& error);

// For results whose size only the engine knows: calls `call(data, capacity, &needed, &error)` until all fits into *room,
// which then has exactly that size.
template <typename T, typename Call>
bool Fit(napi_env env, std::vector<T>* room, Call call) {
  Failure error;
  for (;;) {
    uint64_t needed = 0;
    if (call(room->data(), static_cast<uint64_t>(room->size()), &needed, &error) != 0) {
      ThrowEngine(env, error);
      return false;
    }
    const bool fits = needed <= room->size();
    room->resize(needed);
    if (fits) return true;
  }
}

// The engine, or nullptr and an E_ENGINE error pending.
const Engine* RequireEngine(napi_env env);

}  // namespace realm
