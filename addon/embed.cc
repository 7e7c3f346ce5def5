#include "embed.h"

#include <string>
#include <vector>

#include "waiting.h"

namespace realm {

// int32_t realm_model_embed_start(uint64_t model, const uint32_t *ids, uint64_t count, const uint32_t *lengths, uint64_t texts, const uint8_t *options, uint64_t options_length, float *out, uint64_t elements, realm_notify notify, void *user, uint64_t *job, realm_error *error);
static Napi::Value Embed(Call& call, bool waits) {
  const uint64_t model = call.ToHandle(call[0]);
  const std::vector<uint32_t> ids = call.ToIds(call[1]);
  const std::vector<uint32_t> lengths = call.ToIds(call[2]);
  const std::string text = call.ToText(call[3]);
  const uint64_t elements = call.ToHandle(call[4]);
  if (!call.Ready()) return {};
  // As in Numbers of generation.cc: JavaScript is given it with the end of the job.
  Napi::ArrayBuffer buffer = call.NewBuffer(elements * sizeof(float));
  if (!call.ok()) return {};
  auto* out = static_cast<float*>(buffer.Data());
  const auto* options = reinterpret_cast<const uint8_t*>(text.data());
  return StartOrWait(call, waits, call[5], buffer, [&](realm_notify notify, void* user, uint64_t* job, realm_error* error) {
    return call.engine->model_embed_start(model, ids.data(), ids.size(), lengths.data(), lengths.size(), options, text.size(), out, elements,
                                          notify, user, job, error);
  });
}

Napi::Value EmbedStart(Call& call) { return Embed(call, false); }
Napi::Value EmbedWait(Call& call) { return Embed(call, true); }

}  // namespace realm
