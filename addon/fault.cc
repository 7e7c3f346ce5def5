#include "fault.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <mutex>

namespace realm {
namespace {

// Models' files and adapters, split ones with all their parts. Never touched, an entry takes no memory.
constexpr uint32_t kMaps = 16384;
realm_file_map maps[kMaps];
uintptr_t page_size;

// The handler that was there before ours, in the slot that `previous` names: handlers take no locks.
struct sigaction slots[2];
std::atomic<int> previous{0};
std::mutex arming;

// Set while the one before is called. Handlers that were installed over each other by turns would call each other for ever.
thread_local bool chaining __attribute__((tls_model("initial-exec"))) = false;

// Only what may be called in a signal handler: the thread may be anywhere, in managed code above all.
bool ReplaceLostPages(uintptr_t address) {
  for (realm_file_map& map : maps) {
    const uint64_t start = __atomic_load_n(&map.start, __ATOMIC_ACQUIRE);
    if (start == 0 || address < start || address >= map.end) continue;
    // First the mark, so that whoever reads zeros finds it afterwards.
    __atomic_store_n(&map.lost, 1, __ATOMIC_SEQ_CST);
    const uintptr_t page = address & ~(page_size - 1);
    const uintptr_t end = (map.end + page_size - 1) & ~(page_size - 1);
    // All pages up to the map's end: what is behind a file's end is lost as well, and each piece of its own would count against
    // the number of maps that a process may have.
    void* zeros = mmap(reinterpret_cast<void*>(page), end - page, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
    return zeros != MAP_FAILED;
  }
  return false;
}

// Whatever is not ours is the business of the handler that was there before.
void Chain(int number, siginfo_t* info, void* context) {
  const struct sigaction& before = slots[previous.load(std::memory_order_acquire)];
  const bool is_fault = info->si_code > 0;
  if (!chaining && before.sa_handler == SIG_IGN && !is_fault) return;
  if (chaining || before.sa_handler == SIG_DFL || before.sa_handler == SIG_IGN) {
    // As if there were no handler: a fault happens again on return, anything else is sent again.
    struct sigaction standard = {};
    standard.sa_handler = SIG_DFL;
    sigaction(number, &standard, nullptr);
    if (!is_fault) raise(number);
    return;
  }
  chaining = true;
  if (before.sa_flags & SA_SIGINFO) {
    before.sa_sigaction(number, info, context);
  } else {
    before.sa_handler(number);
  }
  chaining = false;
}

void OnBusError(int number, siginfo_t* info, void* context) {
  const int error = errno;
  // A positive code: the processor raised it, not kill(2).
  const bool is_ours = info->si_code > 0 && ReplaceLostPages(reinterpret_cast<uintptr_t>(info->si_addr));
  if (!is_ours) Chain(number, info, context);
  errno = error;
}

// process.on('SIGBUS') and others put their handlers in place of ours, so it is looked at before each use. Theirs is called
// for what is not ours.
void Arm() {
  struct sigaction current;
  if (sigaction(SIGBUS, nullptr, &current) == 0 && (current.sa_flags & SA_SIGINFO) && current.sa_sigaction == OnBusError) return;
  std::lock_guard<std::mutex> guard(arming);
  if (sigaction(SIGBUS, nullptr, &current) != 0 || ((current.sa_flags & SA_SIGINFO) && current.sa_sigaction == OnBusError)) return;
  const int slot = 1 - previous.load(std::memory_order_relaxed);
  slots[slot] = current;
  previous.store(slot, std::memory_order_release);
  struct sigaction ours = {};
  ours.sa_sigaction = OnBusError;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  sigemptyset(&ours.sa_mask);
  sigaction(SIGBUS, &ours, nullptr);
}

}  // namespace

// int32_t realm_engine_watch_files(realm_arm arm, realm_file_map *maps, uint32_t capacity, realm_error *error);
bool WatchFiles(decltype(&realm_engine_watch_files) watch, std::string* problem) {
  page_size = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  realm_error error;
  if (watch(&Arm, maps, kMaps, &error) == 0) return true;
  *problem = std::string(error.message, error.length);
  return false;
}

}  // namespace realm
