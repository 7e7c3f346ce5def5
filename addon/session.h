// Sessions: texts that generations go on with.
#pragma once
#include "call.h"

namespace realm {

Napi::Value OpenSession(Call& call);
Napi::Value ForkSession(Call& call);
Napi::Value RewindSession(Call& call);
Napi::Value SessionLength(Call& call);
Napi::Value SessionTokens(Call& call);
Napi::Value SessionGenerateStart(Call& call);
Napi::Value SessionFileStart(Call& call);
Napi::Value CloseSession(Call& call);

}  // namespace realm
