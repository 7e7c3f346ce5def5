#include "processor.h"

#include <stdint.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace realm {

#if defined(__x86_64__)

namespace {

struct Leaf {
  uint32_t a = 0, b = 0, c = 0, d = 0;
};

Leaf Cpuid(uint32_t leaf, uint32_t subleaf) {
  Leaf r;
  if (!__get_cpuid_count(leaf, subleaf, &r.a, &r.b, &r.c, &r.d)) return Leaf();
  return r;
}

bool All(uint32_t word, uint32_t bits) { return (word & bits) == bits; }

// XCR0: which registers the operating system saves on a switch of threads.
uint64_t SavedState() {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return static_cast<uint64_t>(high) << 32 | low;
}

}  // namespace

Isa DetectIsa() {
  const Leaf one = Cpuid(1, 0), seven = Cpuid(7, 0), extended = Cpuid(0x80000001u, 0);
  // x86-64-v3, as NativeAOT's `x86-64-v3` asks for it.
  if (!All(one.c, bit_SSE3 | bit_SSSE3 | bit_FMA | bit_CMPXCHG16B | bit_SSE4_1 | bit_SSE4_2 | bit_MOVBE | bit_POPCNT |
                      bit_OSXSAVE | bit_AVX | bit_F16C))
    return Isa::Plain;
  if (!All(seven.b, bit_BMI | bit_AVX2 | bit_BMI2)) return Isa::Plain;
  if (!All(extended.c, bit_LZCNT)) return Isa::Plain;
  const uint64_t saved = SavedState();
  if ((saved & 0x6) != 0x6) return Isa::Plain;  // SSE and AVX state
  // `avx512v3`: what Ice Lake and Zen 4 brought. opmask, upper halves, upper sixteen registers: XCR0 bits 5 to 7.
  if ((saved & 0xE6) != 0xE6) return Isa::V3;
  if (!All(seven.b, bit_AVX512F | bit_AVX512DQ | bit_AVX512IFMA | bit_AVX512CD | bit_AVX512BW | bit_AVX512VL)) return Isa::V3;
  if (!All(seven.c, bit_AVX512VBMI | bit_AVX512VBMI2 | bit_AVX512VNNI | bit_AVX512BITALG | bit_AVX512VPOPCNTDQ))
    return Isa::V3;
  return Isa::Avx512;
}

#else

Isa DetectIsa() { return Isa::Plain; }

#endif

}  // namespace realm
