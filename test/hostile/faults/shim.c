// LD_PRELOAD: the n-th call of a kind that the engine or the addon makes fails, once or from then on.
//
// Calls count that come from one of our libraries: the address they return to lies in it. Those of Node, V8 and the C library do not: their failures
// are not ours to handle. Of the engine's allocations those count that its C# makes (section __managedcode): the .NET runtime, which is in the same
// library, ends the process when it has no memory for itself, and nothing can be done about that.
//
// The file that REALM_FAULTS names is shared with the test, which writes to it: kind, n, whether it lasts; `seen` counts.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum kind { NONE, MALLOC, MMAP, OPEN, READ, THREAD };

struct control {
  volatile uint32_t kind;   // which calls
  volatile uint32_t nth;    // from 1: which of them fails
  volatile uint32_t lasts;  // 1: all from then on
  volatile uint32_t seen;   // how many there were
  volatile uint32_t fired;  // how many failed
};

static struct control *control;
static __thread int inside;  // within this file: what it calls itself is let through

#define MOST_RANGES 16
struct range { uintptr_t from, to; };
static struct range libraries[MOST_RANGES], allocating[MOST_RANGES];
static int library_count, allocating_count;

static void add(struct range *ranges, int *count, uintptr_t from, uintptr_t size) {
  for (int i = 0; i < *count; i++) if (ranges[i].from == from) return;
  if (*count < MOST_RANGES) ranges[(*count)++] = (struct range){from, from + size};
}

static int is_within(const struct range *ranges, int count, uintptr_t address) {
  for (int i = 0; i < count; i++) if (address >= ranges[i].from && address < ranges[i].to) return 1;
  return 0;
}

static int read_at(int file, void *out, size_t size, off_t at) {
  return syscall(SYS_pread64, file, out, size, at) == (long)size;
}

// The code that the compiler of C# has made: a section of this name.
static void note_managed(const char *path, uintptr_t base) {
  int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  if (file < 0) return;
  Elf64_Ehdr header;
  Elf64_Shdr names, section;
  if (read_at(file, &header, sizeof header, 0) &&
      read_at(file, &names, sizeof names, (off_t)(header.e_shoff + header.e_shstrndx * sizeof names)))
    for (int i = 0; i < header.e_shnum; i++) {
      char name[16] = {0};
      if (!read_at(file, &section, sizeof section, (off_t)(header.e_shoff + i * sizeof section))) break;
      if (!read_at(file, name, sizeof name - 1, (off_t)(names.sh_offset + section.sh_name))) continue;
      if (strncmp(name, "__managedcode", 13) == 0) add(allocating, &allocating_count, base + section.sh_addr, section.sh_size);
    }
  syscall(SYS_close, file);
}

static int note_library(struct dl_phdr_info *info, size_t size, void *data) {
  (void)size, (void)data;
  const int is_engine = info->dlpi_name && strstr(info->dlpi_name, "librealm") != NULL;
  if (!info->dlpi_name || (!is_engine && !strstr(info->dlpi_name, "index.node"))) return 0;
  for (int i = 0; i < info->dlpi_phnum; i++) {
    if (info->dlpi_phdr[i].p_type != PT_LOAD) continue;
    const uintptr_t from = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
    add(libraries, &library_count, from, info->dlpi_phdr[i].p_memsz);
    if (!is_engine) add(allocating, &allocating_count, from, info->dlpi_phdr[i].p_memsz);
  }
  if (is_engine) note_managed(info->dlpi_name, info->dlpi_addr);
  return 0;
}

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("REALM_FAULTS");
  if (!path) return;
  int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
  if (file < 0) return;
  void *memory = (void *)syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  syscall(SYS_close, file);
  if (memory != MAP_FAILED) control = memory;
}

static int is_ours(enum kind kind, uintptr_t caller) {
  return kind == MALLOC ? is_within(allocating, allocating_count, caller) : is_within(libraries, library_count, caller);
}

static int fails(enum kind kind, void *caller) {
  if (!control || control->kind != (uint32_t)kind || inside) return 0;
  if (!is_ours(kind, (uintptr_t)caller)) return 0;
  uint32_t seen = __atomic_add_fetch(&control->seen, 1, __ATOMIC_SEQ_CST);
  if (control->lasts ? seen < control->nth : seen != control->nth) return 0;
  __atomic_add_fetch(&control->fired, 1, __ATOMIC_SEQ_CST);
  return 1;
}

static void *next(const char *name) {
  inside++;
  void *found = dlsym(RTLD_NEXT, name);
  inside--;
  return found;
}
#define NEXT(name) static __typeof__(name) *real; if (!real) real = (__typeof__(name) *)next(#name)
#define CALLER __builtin_return_address(0)
#define FAIL(kind, error, result) if (fails(kind, CALLER)) { errno = error; return result; }

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t), *__libc_memalign(size_t, size_t);

void *malloc(size_t size) { FAIL(MALLOC, ENOMEM, NULL); return __libc_malloc(size); }
void *calloc(size_t count, size_t size) { FAIL(MALLOC, ENOMEM, NULL); return __libc_calloc(count, size); }
void *realloc(void *memory, size_t size) { FAIL(MALLOC, ENOMEM, NULL); return __libc_realloc(memory, size); }
void *aligned_alloc(size_t alignment, size_t size) { FAIL(MALLOC, ENOMEM, NULL); return __libc_memalign(alignment, size); }
int posix_memalign(void **memory, size_t alignment, size_t size) {
  if (fails(MALLOC, CALLER)) return ENOMEM;
  *memory = __libc_memalign(alignment, size);
  return *memory ? 0 : ENOMEM;
}

void *mmap(void *at, size_t length, int protection, int flags, int file, off_t offset) {
  FAIL(MMAP, ENOMEM, MAP_FAILED);
  return (void *)syscall(SYS_mmap, at, length, protection, flags, file, offset);
}
void *mmap64(void *at, size_t length, int protection, int flags, int file, off_t offset) {
  FAIL(MMAP, ENOMEM, MAP_FAILED);
  return (void *)syscall(SYS_mmap, at, length, protection, flags, file, offset);
}

#define MODE(flags) mode_t mode = 0; if ((flags) & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = (mode_t)va_arg(rest, int); va_end(rest); }
int open(const char *path, int flags, ...) { MODE(flags); FAIL(OPEN, EMFILE, -1); return openat(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags); FAIL(OPEN, EMFILE, -1); return openat(AT_FDCWD, path, flags, mode); }

ssize_t read(int file, void *out, size_t count) { FAIL(READ, EIO, -1); NEXT(read); return real(file, out, count); }
ssize_t pread(int file, void *out, size_t count, off_t at) { FAIL(READ, EIO, -1); NEXT(pread); return real(file, out, count, at); }
ssize_t pread64(int file, void *out, size_t count, off_t at) { FAIL(READ, EIO, -1); NEXT(pread64); return real(file, out, count, at); }

int pthread_create(pthread_t *id, const pthread_attr_t *attributes, void *(*run)(void *), void *argument) {
  if (fails(THREAD, CALLER)) return EAGAIN;
  NEXT(pthread_create);
  return real(id, attributes, run, argument);
}

// A library has been loaded: it may be one of ours. Called from the program's own thread only, as Node loads addons.
void *dlopen(const char *path, int flags) {
  NEXT(dlopen);
  inside++;
  void *library = real(path, flags);
  dl_iterate_phdr(note_library, NULL);
  inside--;
  return library;
}
