// The stable `code` of every error that leaves the engine: ErrorCode of managed/RealmException.cs, as JavaScript sees it.
// `npm run lint` compares the two lists and js/portable/errors.ts.
#pragma once
#include <stdint.h>

namespace realm {

#define REALM_CODES(X)       \
  X(1, E_INVALID_ARGUMENT)   \
  X(2, E_INVALID_TOKEN)      \
  X(3, E_IO)                 \
  X(4, E_NOT_REGULAR)        \
  X(5, E_NOT_GGUF)           \
  X(6, E_VERSION)            \
  X(7, E_ENDIAN)             \
  X(8, E_TRUNCATED)          \
  X(9, E_LIMIT)              \
  X(10, E_KEY)               \
  X(11, E_DUPLICATE)         \
  X(12, E_TYPE)              \
  X(13, E_NESTED)            \
  X(14, E_ALIGN)             \
  X(15, E_MISSING_KEY)       \
  X(16, E_RANGE)             \
  X(17, E_HPARAM)            \
  X(18, E_BOUNDS)            \
  X(19, E_OVERLAP)           \
  X(20, E_OFFSET)            \
  X(21, E_SHAPE)             \
  X(22, E_MISSING_TENSOR)    \
  X(23, E_UNSUPPORTED)       \
  X(24, E_VOCAB)             \
  X(25, E_SPLIT)             \
  X(26, E_MODEL_NOT_FOUND)   \
  X(27, E_MODEL_EXISTS)      \
  X(28, E_MODEL_CLOSED)      \
  X(29, E_TENSOR_NOT_FOUND)  \
  X(30, E_CACHE_GAP)         \
  X(31, E_CONTEXT_FULL)      \
  X(32, E_OUT_OF_MEMORY)     \
  X(33, E_CANCELLED)         \
  X(34, E_NUMERIC)           \
  X(35, E_SHUTDOWN)          \
  X(36, E_INTERNAL)          \
  X(37, E_BUSY)              \
  X(38, E_TIMEOUT)           \
  X(39, E_ENGINE)            \
  X(40, E_SESSION_FILE)

enum Code : int32_t {
#define REALM_CODE(number, name) name = number,
  REALM_CODES(REALM_CODE)
#undef REALM_CODE
};

inline const char* CodeName(int32_t code) {
  switch (code) {
#define REALM_CODE(number, name) \
  case number:                   \
    return #name;
    REALM_CODES(REALM_CODE)
#undef REALM_CODE
  }
  return "E_INTERNAL";
}

}  // namespace realm
