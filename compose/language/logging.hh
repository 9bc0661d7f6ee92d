// What of a service's `logging` can be heeded here.
#pragma once

#include "compose/language/model.hh"

namespace lichen::compose {

struct HeededLogging {
  std::string driver;  // empty: the default one
  Strings options;     // "KEY=VALUE"
  Strings left_out;    // a line each: the key below `logging`, and why
};

/// Drivers that carry lines elsewhere, and options that only they or docker's own have, are left out: a service without
/// them runs as well, and what it says is in the file that `logs` reads.
HeededLogging heeded_logging(const Logging& written);

}  // namespace lichen::compose
