#include "engine.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <mutex>
#include <vector>

#include "fault.h"
#include "processor.h"

namespace realm {
namespace {

std::mutex loading;
Engine table;
std::atomic<const Engine*> loaded{nullptr};

#if defined(__x86_64__)
#define REALM_ARCH "x64"
#elif defined(__aarch64__)
#define REALM_ARCH "arm64"
#else
#define REALM_ARCH "unknown"
#endif
#if defined(__APPLE__)
#define REALM_PLATFORM "darwin-" REALM_ARCH
#define REALM_SUFFIX ".dylib"
#else
#define REALM_PLATFORM "linux-" REALM_ARCH
#define REALM_SUFFIX ".so"
#endif

// Under a limit of address space (ulimit -v) the .NET runtime in the engine reserves half of the limit for its heap when
// it starts, and ends the process if it can't; so that is asked first. This much more is for its code and its threads.
constexpr uint64_t kBeyondHeap = 256ull << 20;

// The folder of index.node itself, wherever the package was put.
std::string OwnFolder() {
  Dl_info info;
  if (!dladdr(reinterpret_cast<void*>(&LoadEngine), &info) || !info.dli_fname) return "";
  char* whole = realpath(info.dli_fname, nullptr);
  std::string path = whole ? whole : info.dli_fname;
  free(whole);
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

const char* Name(Isa isa) { return isa == Isa::Avx512 ? "avx512" : isa == Isa::V3 ? "v3" : "plain"; }

const char* FileName(Isa isa) {
  switch (isa) {
    case Isa::Avx512: return "librealm-avx512" REALM_SUFFIX;
    case Isa::V3: return "librealm-v3" REALM_SUFFIX;
    default: return "librealm" REALM_SUFFIX;
  }
}

// The instruction sets to look for, best first. REALM_ISA forces one (tests compare them).
bool Candidates(std::vector<Isa>* out, std::string* problem) {
  const Isa best = DetectIsa();
  const char* forced = getenv("REALM_ISA");
  if (forced && *forced) {
    for (Isa isa : {Isa::Avx512, Isa::V3, Isa::Plain}) {
      if (strcmp(forced, Name(isa)) != 0) continue;
      if (isa > best) {
        *problem = std::string("REALM_ISA=") + forced + ", but this processor offers only '" + Name(best) +
                   "'. Unset REALM_ISA.";
        return false;
      }
      out->push_back(isa);
      return true;
    }
    *problem = std::string("REALM_ISA must be avx512, v3 or plain, got '") + forced + "'.";
    return false;
  }
  for (int isa = static_cast<int>(best); isa >= 0; --isa) out->push_back(static_cast<Isa>(isa));
  return true;
}

// Addresses that this process has taken, or 0 where the system does not tell.
uint64_t TakenAddressSpace() {
  FILE* file = fopen("/proc/self/statm", "re");
  if (!file) return 0;
  unsigned long pages = 0;
  if (fscanf(file, "%lu", &pages) != 1) pages = 0;
  fclose(file);
  return static_cast<uint64_t>(pages) * sysconf(_SC_PAGESIZE);
}

bool EnoughAddressSpace(std::string* problem) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return true;
  const uint64_t taken = TakenAddressSpace();
  if (limit.rlim_cur / 2 >= taken + kBeyondHeap) return true;
  *problem = "the address space of this process is limited to " + std::to_string(limit.rlim_cur >> 20) + " MiB (ulimit -v), of which " +
             std::to_string(taken >> 20) + " MiB are taken; the engine needs a limit of at least " +
             std::to_string((taken + kBeyondHeap) * 2 >> 20) + " MiB (of addresses, not of memory). Raise or remove the limit.";
  return false;
}

// The .NET runtime makes threads when it starts, and ends the process if it can't: so as many are tried first, all at once. Those of the runtime
// are a finalizer's and, in some cases, a signal handler's; the rest is for what the process does meanwhile.
bool EnoughThreads(std::string* problem) {
  constexpr int kThreads = 4;
  pthread_t threads[kThreads];
  std::mutex gate;
  gate.lock();
  const auto wait = +[](void* memory) -> void* {
    std::lock_guard<std::mutex> through(*static_cast<std::mutex*>(memory));
    return nullptr;
  };
  int made = 0, error = 0;
  while (made < kThreads && (error = pthread_create(&threads[made], nullptr, wait, &gate)) == 0) made++;
  gate.unlock();
  for (int i = 0; i < made; i++) pthread_join(threads[i], nullptr);
  if (error == 0) return true;
  *problem = std::string("the engine needs threads, and the system gives none (") + strerror(error) +
             "): the limit on processes and threads (ulimit -u, pids.max of the control group) or the memory for their stacks is reached.";
  return false;
}

// Fills `table` from an opened library.
bool Resolve(void* library, const std::string& path, std::string* problem) {
#define REALM_RESOLVE(name)                                                                      \
  table.name = reinterpret_cast<decltype(table.name)>(dlsym(library, "realm_" #name));          \
  if (!table.name) {                                                                             \
    *problem = path + " has no function realm_" #name                                            \
               ": it is of another version than index.node. Reinstall @realm/realm-node, or run `npm run build`."; \
    return false;                                                                                \
  }
  REALM_FUNCTIONS(REALM_RESOLVE)
#undef REALM_RESOLVE
  const int32_t version = table.abi_version();
  if (version == REALM_ABI_VERSION) return true;
  *problem = path + " has ABI version " + std::to_string(version) + ", index.node needs " + std::to_string(REALM_ABI_VERSION) +
             ". Reinstall @realm/realm-node, or run `npm run build`.";
  return false;
}

// process.exit() and uncaught exceptions run no Node-API hook, only what stands in the C library's exit list. Engine
// threads that run on into the destructors of the C library crash there, so they are stopped here at the latest.
void StopAtExit() {
  if (const Engine* engine = LoadedEngine()) engine->engine_shutdown(200, nullptr);
}

}  // namespace

const Engine* LoadedEngine() { return loaded.load(std::memory_order_acquire); }

const Engine* LoadEngine(std::string* problem) {
  if (const Engine* engine = LoadedEngine()) return engine;
  std::lock_guard<std::mutex> guard(loading);
  if (const Engine* engine = LoadedEngine()) return engine;

  std::vector<Isa> candidates;
  if (!Candidates(&candidates, problem) || !EnoughAddressSpace(problem) || !EnoughThreads(problem)) return nullptr;

  const std::string folder = OwnFolder() + "/native/" REALM_PLATFORM;
  std::string looked;
  for (Isa isa : candidates) {
    const std::string path = folder + "/" + FileName(isa);
    if (access(path.c_str(), F_OK) != 0) {
      looked += (looked.empty() ? "" : ", ") + std::string(FileName(isa));
      continue;
    }
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!library) {
      const char* why = dlerror();
      *problem = "the engine library could not be opened: " + std::string(why ? why : path.c_str()) +
                 ". Reinstall @realm/realm-node for this platform (" REALM_PLATFORM "), or run `npm run build`.";
      return nullptr;
    }
    if (!Resolve(library, path, problem)) return nullptr;
    if (!WatchFiles(table.engine_watch_files, problem)) return nullptr;
    atexit(StopAtExit);
    loaded.store(&table, std::memory_order_release);
    return &table;
  }
  *problem = "no engine library for this processor in " + folder + " (looked for " + looked +
             "). Reinstall @realm/realm-node for this platform, or run `npm run build` in a clone.";
  return nullptr;
}

}  // namespace realm
