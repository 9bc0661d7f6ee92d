// The compose language's files, read from this machine.
#pragma once

#include "compose/language/project_loader.hh"

namespace lichen::compose {

class HostFiles : public FileSource {
 public:
  std::optional<std::string> read(const std::string& path, std::size_t max_bytes) override;
  bool is_directory(const std::string& path) override;
};

}  // namespace lichen::compose
