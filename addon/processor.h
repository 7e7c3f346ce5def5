// What this processor can run, asked before a library that needs it is opened: a library for a better processor ends
// the process when it starts, and no error can be caught.
#pragma once

namespace realm {

enum class Isa { Plain, V3, Avx512 };

// The best instruction set that both the processor and the operating system (register state) offer.
Isa DetectIsa();

}  // namespace realm
