// Forward passes on the engine's threads: the logits of every position, and generation.
#pragma once
#include <stdint.h>

#include <string>
#include <vector>

#include "call.h"

namespace realm {

// What to generate from, argument 1 (a text, or ids), and how, argument 2: JSON, which the engine reads.
class Generating {
 public:
  explicit Generating(Call& call);
  Generating(const Generating&) = delete;

  int32_t Start(const Engine* engine, realm_notify notify, void* user, uint64_t* job, realm_error* error) const;

 private:
  uint64_t _model;
  bool _is_text;
  std::string _text;
  std::vector<uint32_t> _ids;
  std::string _options;
};

// What ends in Wait ends when the work does: the event loop waits.
Napi::Value LogitsStart(Call& call);
Napi::Value LogitsWait(Call& call);
Napi::Value VerifyStart(Call& call);
Napi::Value ScoreStart(Call& call);
Napi::Value ScoreWait(Call& call);
Napi::Value GenerateStart(Call& call);
Napi::Value GenerateWait(Call& call);

}  // namespace realm
