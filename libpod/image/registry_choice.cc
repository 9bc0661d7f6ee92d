#include "libpod/image/registry_choice.hh"

#include <algorithm>

namespace lichen::image {
namespace {

std::string config_home(const wire::ImageRequest& request) {
  return !request.xdg_config_home.empty() ? request.xdg_config_home
         : request.home.empty()           ? ""
                                          : request.home + "/.config";
}

}  // namespace

store::RegistriesConf load_registries(const wire::ImageRequest& request) {
  store::RegistriesConf::Locations locations;
  locations.file = request.registries_conf;
  locations.home_config = config_home(request);
  return store::RegistriesConf::load(locations);
}

RegistryOptions registry_options(const wire::ImageRequest& request, const store::RegistryEndpoint& endpoint) {
  RegistryOptions options;
  options.credentials_host = endpoint.host;
  options.host = endpoint.host == "docker.io" ? "registry-1.docker.io" : endpoint.host;
  options.insecure = request.tls_verify ? !*request.tls_verify : endpoint.insecure;
  options.everywhere_insecure = request.tls_verify && !*request.tls_verify;
  options.cert_dir = request.cert_dir;
  const std::string home = config_home(request);
  if (!home.empty()) options.cert_directories.push_back(home + "/containers/certs.d");
  options.cert_directories.insert(options.cert_directories.end(), {"/etc/containers/certs.d", "/etc/docker/certs.d"});
  if (request.retry_delay_ms) options.retry_delay = std::chrono::milliseconds(*request.retry_delay_ms);
  options.retries = std::clamp(request.retries, 0, 100);
  return options;
}

}  // namespace lichen::image
