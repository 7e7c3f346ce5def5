// Forward passes on the engine's threads: the logits of every position, and generation.
#pragma once
#include <stdint.h>

#include <vector>

#include "call.h"

namespace realm {

// The object is the one that js/options/generate.ts makes: every field present (but `speculation`, which is on then, and `lora`), of
// the right type and in range.
struct GenerationOptions : realm_generation_options {
  GenerationOptions(Call& call, Napi::Value object);
  GenerationOptions(const GenerationOptions&) = delete;

 private:
  std::vector<uint8_t> _stops;  // what `stop` points to
  std::vector<float> _lora;     // what `lora` points to
};

Napi::Value LogitsStart(Call& call);
Napi::Value GenerateStart(Call& call);

}  // namespace realm
