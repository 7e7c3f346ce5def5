// Choosing tokens from logits that JavaScript has.
#pragma once
#include "call.h"

namespace realm {

Napi::Value OpenSampler(Call& call);
Napi::Value AcceptTokens(Call& call);
Napi::Value ChooseToken(Call& call);
Napi::Value CloseSampler(Call& call);

}  // namespace realm
