// Faults of mapped files: see realm_engine_watch_files in realm.h.
#pragma once
#include <string>

#include "realm.h"

namespace realm {

// Gives the engine the table of maps that the handler of SIGBUS looks into. False: *problem says why not.
bool WatchFiles(decltype(&realm_engine_watch_files) watch, std::string* problem);

}  // namespace realm
