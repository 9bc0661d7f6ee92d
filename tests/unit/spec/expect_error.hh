// What every parser test needs: the kind and a piece of the message (and hint) of the Error that a call throws.
#pragma once

#include <string>

#include <gtest/gtest.h>

#include "libpod/base/error.hh"

namespace lichen::spec {

template <typename Call>
void expect_error(ErrorKind kind, const std::string& piece, Call call, const std::string& input = {}) {
  try {
    call();
    ADD_FAILURE() << "no error for '" << input << "', expected: " << piece;
  } catch (const Error& error) {
    EXPECT_EQ(to_string(error.kind()), to_string(kind)) << input << ": " << error.what();
    const std::string all = std::string(error.what()) + " (" + error.hint() + ")";
    EXPECT_NE(all.find(piece), std::string::npos) << input << ": " << all << "\nexpected: " << piece;
    if (kind == ErrorKind::usage || kind == ErrorKind::unsupported) {
      EXPECT_NE(error.hint(), "") << input << ": " << error.what();
    }
  }
}

}  // namespace lichen::spec
