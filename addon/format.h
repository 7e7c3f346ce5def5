// Formats that texts keep to.
#pragma once
#include "call.h"

namespace realm {

Napi::Value CompileFormat(Call& call);
Napi::Value CompileFormatStart(Call& call);
Napi::Value TestText(Call& call);

}  // namespace realm
