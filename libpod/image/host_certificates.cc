#include "libpod/image/host_certificates.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

namespace lichen::image {
namespace {

constexpr std::size_t kMaxCertificate = 1u << 20;

}  // namespace

TlsFiles find_tls_files(const std::vector<std::string>& directories, const std::string& own, const Origin& server) {
  std::vector<std::string> places;
  if (!own.empty()) places.push_back(own);
  const std::string shown_host = server.host.find(':') == std::string::npos ? server.host : "[" + server.host + "]";
  for (const auto& base : directories) {
    places.push_back(format("{}/{}:{}", base, shown_host, server.port));
    if (server.port == 443) places.push_back(base + "/" + shown_host);
  }
  TlsFiles files;
  // The first directory that exists counts, as with docker and podman.
  const auto found = std::find_if(places.begin(), places.end(), sys::is_directory);
  if (found == places.end()) return files;
  auto names = sys::list_directory(*found);
  std::sort(names.begin(), names.end());
  for (const auto& name : names) {
    if (name.ends_with(".crt")) files.extra_ca += sys::read_file(*found + "/" + name, kMaxCertificate) + "\n";
    if (!name.ends_with(".cert")) continue;
    const std::string key = name.substr(0, name.size() - 5) + ".key";
    if (std::find(names.begin(), names.end(), key) == names.end())
      throw_error(ErrorKind::not_found, "client certificate '{}/{}': its key '{}' is missing", *found, name, key);
    files.certificate = *found + "/" + name;
    files.key = *found + "/" + key;
  }
  return files;
}

}  // namespace lichen::image
