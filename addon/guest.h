// What WebAssembly guests need beside the seven functions: a sequence of their own, generation that waits.
#pragma once
#include "call.h"

namespace realm {

Napi::Value StoreOwn(Call& call);
Napi::Value OpenStored(Call& call);

}  // namespace realm
