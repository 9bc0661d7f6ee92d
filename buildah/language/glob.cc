#include "buildah/language/glob.hh"

namespace lichen::language {

std::string Glob::fixed_directory() const {
  const std::string& text = pattern_.text();
  // A backslash may stand before what looks like a wildcard: the walk then begins above it, which is never wrong.
  const auto end = text.find_first_of("*?[\\");
  const auto slash = text.rfind('/', end);
  return slash == std::string::npos ? std::string() : text.substr(0, slash);
}

}  // namespace lichen::language
