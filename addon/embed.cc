#include "embed.h"

#include <vector>

#include "job.h"

namespace realm {

// int32_t realm_model_embed_start(uint64_t model, const uint32_t *ids, uint64_t count, const uint32_t *lengths, uint64_t texts, int32_t pooling, int32_t normalize, uint32_t dimensions, float *out, uint64_t elements, realm_notify notify, void *user, uint64_t *job, realm_error *error);
Napi::Value EmbedStart(Call& call) {
  const uint64_t model = call.ToHandle(call[0]);
  const std::vector<uint32_t> ids = call.ToIds(call[1]);
  const std::vector<uint32_t> lengths = call.ToIds(call[2]);
  const std::vector<uint32_t> how = call.ToIds(call[3]);
  const uint64_t elements = call.ToHandle(call[4]);
  if (!call.Ready()) return {};
  if (how.size() != 3) return call.FailType("how must have three numbers");
  const int32_t pooling = static_cast<int32_t>(how[0]), normalize = static_cast<int32_t>(how[1]);
  const uint32_t dimensions = how[2];
  // As in LogitsStart: JavaScript is given it with the end of the job.
  Napi::ArrayBuffer buffer = call.NewBuffer(elements * sizeof(float));
  if (!call.ok()) return {};
  auto* out = static_cast<float*>(buffer.Data());
  return Job::Start(call, call[5], buffer, [&](Job* job, uint64_t* handle, realm_error* error) {
    return call.engine->model_embed_start(model, ids.data(), ids.size(), lengths.data(), lengths.size(), pooling, normalize, dimensions, out,
                                          elements, Job::Notify, job, handle, error);
  });
}

}  // namespace realm
