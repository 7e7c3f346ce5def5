// One call from JavaScript: its arguments, the engine, its result or failure.
//
// A failure is a JavaScript exception left pending. After the first one the conversions give zeros and throw no second,
// so a function converts all it needs, asks once (`Ready` or `ok`) and returns `{}` (undefined) if the answer is no.
//
// node-addon-api is used without its C++ exceptions. Those of the C++ library (std::bad_alloc) end at `Guard`: none goes on
// into Node's frames, where it would end the process.
#pragma once
#include <napi.h>

#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "codes.h"
#include "engine.h"

namespace realm {

// Bytes that belong to JavaScript: valid until the next call into JavaScript.
struct Bytes {
  uint8_t* data = nullptr;
  size_t length = 0;
};

// An error buffer for the engine. Only what is read before the engine writes is set: the rest is 2 KB.
struct Failure : realm_error {
  Failure() {
    code = 0;
    length = 0;
  }
};

std::string Message(const realm_error& error);

// Leaves an error with `code` pending, if none is. Returns undefined, for `return Throw(...)`.
Napi::Value Throw(const Napi::Error& error, const char* code);
Napi::Value ThrowOutOfMemory(Napi::Env env, const char* what);

class Call {
 public:
  // `least`: how many arguments there must be.
  Call(const Napi::CallbackInfo& info, size_t least);

  Napi::Env env;
  const Engine* engine = nullptr;  // since Ready() said yes

  // What is not there is undefined.
  Napi::Value operator[](size_t index) const { return _info[index]; }
  bool ok() const { return _ok; }
  // No failure so far, and the engine is loaded.
  bool Ready();

  // Any number, saturated, as upstream converts: NaN and negative numbers become 0, fractions are cut.
  uint32_t ToU32(Napi::Value value);
  int32_t ToI32(Napi::Value value);
  float ToFloat(Napi::Value value);
  uint64_t ToHandle(Napi::Value value);
  int32_t ToFlag(Napi::Value value);
  std::string ToText(Napi::Value value);
  // A Buffer, any other view or an ArrayBuffer.
  Bytes ToBytes(Napi::Value value);
  // A copy of little-endian u32, so that nobody can change it between check and use; up to three trailing bytes are ignored.
  std::vector<uint32_t> ToIds(Napi::Value value);

  Napi::Value Fail(int32_t code, const std::string& message);
  Napi::Value FailType(const char* message);
  Napi::Value FailEngine(const realm_error& error) { return Fail(error.code, Message(error)); }

  // A new ArrayBuffer; empty, and the call has failed, where there is no room for it.
  Napi::ArrayBuffer NewBuffer(uint64_t bytes);
  Napi::Value CopyToBuffer(const void* bytes, size_t length);

  // For results whose size only the engine knows: calls `call(data, capacity, &needed, &error)` until all fits into *room,
  // which then has exactly that size. False: the call has failed.
  template <typename T, typename Work>
  bool Fit(std::vector<T>* room, Work work) {
    Failure error;
    for (;;) {
      uint64_t needed = 0;
      if (work(room->data(), static_cast<uint64_t>(room->size()), &needed, &error) != 0) {
        FailEngine(error);
        return false;
      }
      const bool fits = needed <= room->size();
      room->resize(needed);
      if (fits) return true;
    }
  }

 private:
  const Napi::CallbackInfo& _info;
  bool _ok = true;
};

// A new ArrayBuffer, or an empty value and E_OUT_OF_MEMORY pending.
Napi::ArrayBuffer NewBuffer(Napi::Env env, uint64_t bytes);
Napi::Value CopyToBuffer(Napi::Env env, const void* bytes, size_t length);
// A string, or undefined and E_OUT_OF_MEMORY pending: JavaScript's strings end at half a gigabyte.
Napi::Value NewText(Napi::Env env, const void* utf8, size_t length);

// Does work that may need memory, between Node's frames and ours.
template <typename Work>
auto Guard(Napi::Env env, Work work) -> decltype(work()) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    ThrowOutOfMemory(env, "no memory for the arguments or the result");
  } catch (const std::length_error&) {
    ThrowOutOfMemory(env, "no memory for arguments or a result of this size");
  }
  return decltype(work())();
}

template <Napi::Value (*function)(Call& call), size_t least>
Napi::Value Run(const Napi::CallbackInfo& info) {
  return Guard(info.Env(), [&] {
    Call call(info, least);
    return call.ok() ? function(call) : Napi::Value();
  });
}

// Puts a function into index.node under its name. `least`: how many arguments it must get.
template <Napi::Value (*function)(Call& call), size_t least>
void Export(Napi::Object exports, const char* name) {
  // For more, node-addon-api allocates before `Guard` is there: without memory that would end the process.
  static_assert(least <= 6, "at most six arguments");
  exports.Set(name, Napi::Function::New<Run<function, least>>(exports.Env(), name));
}

}  // namespace realm
