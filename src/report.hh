// How an Error looks on standard error.
#pragma once

#include "libpod/base/error.hh"

namespace lichen::cli {

/// "lichen: TEXT" and, when there is one, "  hint: WAY OUT"; control characters are shown escaped, colours only on a
/// terminal.
void report(const Error& error);

}  // namespace lichen::cli
