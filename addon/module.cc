// index.node: what it exports. The first seven are upstream's; the TypeScript side is `Native` in js/engine/binding.ts, and
// `npm run lint` compares the two.
#include <napi.h>

#include <atomic>
#include <vector>

#include "call.h"
#include "environment.h"
#include "embed.h"
#include "format.h"
#include "generation.h"
#include "guest.h"
#include "job.h"
#include "model.h"
#include "sampler.h"
#include "session.h"
#include "stored.h"

namespace realm {
namespace {

// int32_t realm_abi_version(void);
// int32_t realm_engine_describe(uint8_t *json, uint64_t capacity, uint64_t *length, realm_error *error);
Napi::Value DescribeEngine(Call& call) {
  if (!call.Ready()) return {};
  std::vector<uint8_t> json(16384);
  if (!call.Fit(&json, call.engine->engine_describe)) return {};
  return NewText(call.env, json.data(), json.size());
}

// int32_t realm_engine_shutdown(uint32_t deadline_ms, realm_error *error);
Napi::Value ShutdownEngine(Call& call) {
  const uint32_t deadline = call.ToU32(call[0]);
  const Engine* engine = LoadedEngine();
  if (call.ok() && engine) engine->engine_shutdown(deadline, nullptr);
  return {};
}

// True for one caller in the process: the one that listens for the process' exit.
Napi::Value ClaimExit(Call& call) {
  static std::atomic<bool> claimed{false};
  return Napi::Boolean::New(call.env, !claimed.exchange(true));
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  return Guard(env, [&] {
    env.SetInstanceData(new Environment(env));

    Export<StoreModel, 1>(exports, "storeModel");
    Export<GetTensor, 2>(exports, "getTensor");
    Export<GetModelInfo, 1>(exports, "getModelInfo");
    Export<RemoveModel, 1>(exports, "removeModel");
    Export<EmbedTokens, 2>(exports, "embedTokens");
    Export<ForwardLayer, 4>(exports, "forwardLayer");
    Export<ComputeLogits, 2>(exports, "computeLogits");

    Export<StoreModelPath, 1>(exports, "storeModelPath");
    Export<EmbedTokensInto, 3>(exports, "embedTokensInto");
    Export<ForwardLayerInto, 5>(exports, "forwardLayerInto");
    Export<ComputeLogitsInto, 3>(exports, "computeLogitsInto");
    Export<TensorElements, 2>(exports, "tensorElements");

    Export<InspectModel, 2>(exports, "inspectModel");
    Export<InspectModelStart, 3>(exports, "inspectModelStart");
    Export<OpenModel, 2>(exports, "openModel");
    Export<OpenModelStart, 3>(exports, "openModelStart");
    Export<CloseModel, 1>(exports, "closeModel");
    Export<DescribeModel, 1>(exports, "describeModel");
    Export<DescribeMemory, 1>(exports, "describeMemory");
    Export<Passes, 2>(exports, "passes");
    Export<Tokenize, 4>(exports, "tokenize");
    Export<TokenizeSegments, 4>(exports, "tokenizeSegments");
    Export<Detokenize, 3>(exports, "detokenize");
    Export<DetokenizeNext, 4>(exports, "detokenizeNext");
    Export<CompileFormat, 2>(exports, "compileFormat");
    Export<CompileFormatStart, 3>(exports, "compileFormatStart");
    Export<TestText, 3>(exports, "testText");
    Export<LogitsStart, 5>(exports, "logitsStart");
    Export<LogitsWait, 5>(exports, "logitsWait");
    Export<ScoreStart, 5>(exports, "scoreStart");
    Export<ScoreWait, 5>(exports, "scoreWait");
    Export<EmbedStart, 6>(exports, "embedStart");
    Export<EmbedWait, 6>(exports, "embedWait");
    Export<VerifyStart, 2>(exports, "verifyStart");
    Export<GenerateStart, 4>(exports, "generateStart");
    Export<GenerateWait, 4>(exports, "generateWait");
    Export<CancelJob, 1>(exports, "cancelJob");
    Export<TakeLogits, 2>(exports, "takeLogits");
    Export<AnswerLogits, 2>(exports, "answerLogits");

    Export<OpenSession, 2>(exports, "openSession");
    Export<ForkSession, 1>(exports, "forkSession");
    Export<RewindSession, 2>(exports, "rewindSession");
    Export<SessionLength, 1>(exports, "sessionLength");
    Export<SessionTokens, 1>(exports, "sessionTokens");
    Export<SessionGenerateStart, 5>(exports, "sessionGenerateStart");
    Export<SessionFileStart, 4>(exports, "sessionFileStart");
    Export<CloseSession, 1>(exports, "closeSession");

    Export<StoreOwn, 1>(exports, "storeOwn");
    Export<OpenStored, 2>(exports, "openStored");
    Export<DetokenizeBytes, 3>(exports, "detokenizeBytes");
    Export<OpenSampler, 2>(exports, "openSampler");
    Export<AcceptTokens, 3>(exports, "acceptTokens");
    Export<ChooseToken, 3>(exports, "chooseToken");
    Export<CloseSampler, 2>(exports, "closeSampler");

    Export<DescribeEngine, 0>(exports, "describeEngine");
    Export<ShutdownEngine, 1>(exports, "shutdownEngine");
    Export<ClaimExit, 0>(exports, "claimExit");
    return exports;
  });
}

}  // namespace

NODE_API_MODULE(NODE_GYP_MODULE_NAME, Init)

}  // namespace realm
