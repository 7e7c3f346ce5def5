// Option 3: the seven functions, as upstream's index.node has them, and the forms that write into the caller's memory.
#pragma once
#include "call.h"

namespace realm {

Napi::Value StoreModel(Call& call);
Napi::Value StoreModelPath(Call& call);
Napi::Value GetTensor(Call& call);
Napi::Value TensorElements(Call& call);
Napi::Value GetModelInfo(Call& call);
Napi::Value RemoveModel(Call& call);
Napi::Value EmbedTokens(Call& call);
Napi::Value EmbedTokensInto(Call& call);
Napi::Value ForwardLayer(Call& call);
Napi::Value ForwardLayerInto(Call& call);
Napi::Value ComputeLogits(Call& call);
Napi::Value ComputeLogitsInto(Call& call);

}  // namespace realm
