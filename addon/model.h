// A model that JavaScript opens and closes, and its tokenizer.
#pragma once
#include "call.h"

namespace realm {

Napi::Value InspectModel(Call& call);
Napi::Value InspectModelStart(Call& call);
Napi::Value OpenModel(Call& call);
Napi::Value OpenModelStart(Call& call);
Napi::Value CloseModel(Call& call);
Napi::Value DescribeModel(Call& call);
Napi::Value DescribeMemory(Call& call);
Napi::Value Passes(Call& call);
Napi::Value Tokenize(Call& call);
Napi::Value TokenizeSegments(Call& call);
Napi::Value Detokenize(Call& call);
Napi::Value DetokenizeNext(Call& call);
// The bytes as they are, for guests: a token may be a part of a character.
Napi::Value DetokenizeBytes(Call& call);

}  // namespace realm
