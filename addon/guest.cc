#include "guest.h"

#include "environment.h"

namespace realm {

// int32_t realm_stored_add_model(uint64_t model, uint32_t *id, realm_error *error);
Napi::Value StoreOwn(Call& call) {
  const uint64_t model = call.ToHandle(call[0]);
  if (!call.Ready()) return {};
  Failure error;
  uint32_t id = 0;
  if (call.engine->stored_add_model(model, &id, &error) != 0) return call.FailEngine(error);
  if (!call.env.GetInstanceData<Environment>()->KeepStored(id)) throw std::bad_alloc();
  return Napi::Number::New(call.env, id);
}

// int32_t realm_stored_open(uint32_t id, int32_t vocab_only, uint64_t *model, realm_error *error);
Napi::Value OpenStored(Call& call) {
  const uint32_t id = call.ToU32(call[0]);
  const int32_t vocab_only = call.ToI32(call[1]);
  if (!call.Ready()) return {};
  Failure error;
  uint64_t model = 0;
  if (call.engine->stored_open(id, vocab_only, &model, &error) != 0) return call.FailEngine(error);
  if (!call.env.GetInstanceData<Environment>()->KeepModel(model)) throw std::bad_alloc();
  return Napi::BigInt::New(call.env, model);
}

}  // namespace realm
