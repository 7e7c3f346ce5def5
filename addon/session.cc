#include "session.h"

#include <string>
#include <vector>

#include "environment.h"
#include "job.h"

namespace realm {
namespace {

// A handle that the engine has just given, for JavaScript.
Napi::Value Keep(Call& call, uint64_t session) {
  if (!call.env.GetInstanceData<Environment>()->KeepSession(session)) throw std::bad_alloc();
  return Napi::BigInt::New(call.env, session);
}

}  // namespace

// int32_t realm_session_open(uint64_t model, const uint8_t *options, uint64_t options_length, uint64_t *session, realm_error *error);
Napi::Value OpenSession(Call& call) {
  const uint64_t model = call.ToHandle(call[0]);
  const std::string options = call.ToText(call[1]);
  if (!call.Ready()) return {};
  uint64_t session = 0;
  Failure error;
  const auto* json = reinterpret_cast<const uint8_t*>(options.data());
  if (call.engine->session_open(model, json, options.size(), &session, &error) != 0) return call.FailEngine(error);
  return Keep(call, session);
}

// int32_t realm_session_fork(uint64_t session, uint64_t *fork, realm_error *error);
Napi::Value ForkSession(Call& call) {
  const uint64_t session = call.ToHandle(call[0]);
  if (!call.Ready()) return {};
  uint64_t fork = 0;
  Failure error;
  if (call.engine->session_fork(session, &fork, &error) != 0) return call.FailEngine(error);
  return Keep(call, fork);
}

// int32_t realm_session_rewind(uint64_t session, uint64_t length, realm_error *error);
Napi::Value RewindSession(Call& call) {
  const uint64_t session = call.ToHandle(call[0]);
  const uint32_t length = call.ToU32(call[1]);
  if (!call.Ready()) return {};
  Failure error;
  if (call.engine->session_rewind(session, length, &error) != 0) return call.FailEngine(error);
  return {};
}

// int32_t realm_session_tokens(uint64_t session, uint32_t *ids, uint64_t capacity, uint64_t *count, realm_error *error);
Napi::Value SessionLength(Call& call) {
  const uint64_t session = call.ToHandle(call[0]);
  if (!call.Ready()) return {};
  uint64_t count = 0;
  Failure error;
  if (call.engine->session_tokens(session, nullptr, 0, &count, &error) != 0) return call.FailEngine(error);
  return Napi::Number::New(call.env, static_cast<double>(count));
}

Napi::Value SessionTokens(Call& call) {
  const uint64_t session = call.ToHandle(call[0]);
  if (!call.Ready()) return {};
  std::vector<uint32_t> ids(1024);
  const auto tokens = [&](uint32_t* out, uint64_t capacity, uint64_t* needed, realm_error* error) {
    return call.engine->session_tokens(session, out, capacity, needed, error);
  };
  if (!call.Fit(&ids, tokens)) return {};
  return call.CopyToBuffer(ids.data(), ids.size() * sizeof(uint32_t));
}

// int32_t realm_session_generate_start(uint64_t session, int32_t whole, const uint8_t *text, uint64_t length, const uint32_t *ids, uint64_t count, const uint8_t *options, uint64_t options_length, realm_notify notify, void *user, uint64_t *job, realm_error *error);
Napi::Value SessionGenerateStart(Call& call) {
  const uint64_t session = call.ToHandle(call[0]);
  const int32_t whole = call.ToFlag(call[1]);
  const bool is_text = call[2].IsString();
  const std::string text = is_text ? call.ToText(call[2]) : std::string();
  const std::vector<uint32_t> ids = is_text ? std::vector<uint32_t>() : call.ToIds(call[2]);
  const std::string options = call.ToText(call[3]);
  return Job::Start(call, call[4], {}, [&](Job* job, uint64_t* handle, realm_error* error) {
    const uint8_t* bytes = is_text ? reinterpret_cast<const uint8_t*>(text.data()) : nullptr;
    const auto* json = reinterpret_cast<const uint8_t*>(options.data());
    return call.engine->session_generate_start(session, whole, bytes, text.size(), ids.data(), ids.size(), json, options.size(), Job::Notify,
                                               job, handle, error);
  });
}

// int32_t realm_session_save_start(uint64_t session, const uint8_t *path, uint64_t length, realm_notify notify, void *user, uint64_t *job, realm_error *error);
// int32_t realm_session_restore_start(uint64_t session, const uint8_t *path, uint64_t length, realm_notify notify, void *user, uint64_t *job, realm_error *error);
Napi::Value SessionFileStart(Call& call) {
  const uint64_t session = call.ToHandle(call[0]);
  const std::string path = call.ToText(call[1]);
  const bool save = call.ToFlag(call[2]) != 0;
  return Job::Start(call, call[3], {}, [&](Job* job, uint64_t* handle, realm_error* error) {
    const auto start = save ? call.engine->session_save_start : call.engine->session_restore_start;
    return start(session, reinterpret_cast<const uint8_t*>(path.data()), path.size(), Job::Notify, job, handle, error);
  });
}

// int32_t realm_session_close(uint64_t session, realm_error *error);
Napi::Value CloseSession(Call& call) {
  const uint64_t session = call.ToHandle(call[0]);
  // An environment closes what it opened, once: a handle of another one is not its business.
  if (!call.ok() || call.env.GetInstanceData<Environment>()->sessions.erase(session) == 0) return {};
  LoadedEngine()->session_close(session, nullptr);
  return {};
}

}  // namespace realm
