#include "buildah/secrets.hh"

#include "libpod/base/error.hh"
#include "libpod/sys/io.hh"

namespace lichen::buildah {
namespace {

constexpr std::size_t kMaxSecret = 1 << 20;

}  // namespace

std::optional<std::string> read_secret(const engine::Engine& engine, const BuildOptions& options,
                                       const std::string& id) {
  for (const auto& secret : options.secrets) {
    if (secret.id != id) continue;
    if (secret.environment.empty()) return sys::read_file(secret.file, kMaxSecret);
    for (const auto& entry : engine.environment.all)
      if (entry.starts_with(secret.environment + "=")) return entry.substr(secret.environment.size() + 1);
    throw_error(ErrorKind::not_found, "secret '{}': the variable {} is not set", id, secret.environment);
  }
  return std::nullopt;
}

}  // namespace lichen::buildah
