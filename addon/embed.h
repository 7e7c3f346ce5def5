// Vectors of texts, made on the engine's threads.
#pragma once

#include "call.h"

namespace realm {

Napi::Value EmbedStart(Call& call);
Napi::Value EmbedWait(Call& call);

}  // namespace realm
