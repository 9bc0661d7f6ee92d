// Where the tests find the files of the source tree: tests/run starts them as a user who may not be able to read the
// tree that they were built from, and names its copy in LICHEN_TEST_SOURCE.
#pragma once

#include <cstdlib>
#include <string>

namespace lichen::test {

inline std::string source_dir() {
  const char* copy = std::getenv("LICHEN_TEST_SOURCE");
  return copy != nullptr ? copy : LICHEN_SOURCE_DIR;
}

}  // namespace lichen::test
