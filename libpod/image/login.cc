#include "libpod/image/login.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/image/credentials.hh"
#include "libpod/image/http.hh"
#include "libpod/image/registry.hh"
#include "libpod/image/registry_choice.hh"
#include "libpod/spec/reference.hh"
#include "libpod/store/registries_conf.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

namespace lichen::image {
namespace {

constexpr std::size_t kMaxAuthFile = 1u << 20;

// "https://index.docker.io/v1/" and the like are what docker's files and habits call it.
std::string registry_host(std::string text) {
  for (const std::string_view scheme : {"https://", "http://"})
    if (text.starts_with(scheme)) text = text.substr(scheme.size());
  text = text.substr(0, text.find('/'));
  if (text == "index.docker.io" || text == "registry-1.docker.io") text = "docker.io";
  if (!spec::is_valid_registry_host(text))
    throw Error(ErrorKind::usage, format("registry '{}': not a host name", printable(text)))
        .with_hint("such as docker.io or localhost:5000");
  return text;
}

std::string auth_file(const wire::ImageRequest& request) {
  if (!request.auth_file.empty()) return request.auth_file;
  if (request.compat_auth_file)
    return (request.docker_config.empty() ? request.home + "/.docker" : request.docker_config) + "/config.json";
  if (!request.registry_auth_file.empty()) return request.registry_auth_file;
  if (!request.xdg_runtime_dir.empty()) return request.xdg_runtime_dir + "/containers/auth.json";
  const std::string config = request.xdg_config_home.empty() ? request.home + "/.config" : request.xdg_config_home;
  return config + "/containers/auth.json";
}

Json read_auths(const std::string& path) {
  const auto text = sys::read_file_if_exists(path, kMaxAuthFile);
  if (!text || trim(*text).empty()) return Json::object();
  Json json = parse_json(*text, path);
  if (!json.is_object())
    throw Error(ErrorKind::invalid, format("'{}': not a file of credentials", path)).with_hint("move it away");
  return json;
}

void write_auths(const std::string& path, const Json& json) {
  sys::make_directories(parent_path(path), 0700);
  sys::write_file_atomic(path, dump_json_pretty(json), 0600);
}

bool erase_keys(Json& json, const std::string& host) {
  bool found = false;
  if (!json.contains("auths") || !json["auths"].is_object()) return false;
  for (const auto& key : auth_keys(host)) found = json["auths"].erase(key) > 0 || found;
  return found;
}

void check_with_registry(const wire::ImageRequest& request, const std::string& host) {
  const CredentialSource credentials(request);
  spec::Reference any;
  any.host = host;
  any.repository = "login";
  auto options = registry_options(request, load_registries(request).endpoints(any).back());
  options.only_greets = true;
  Registry(options, credentials).ping();
}

wire::ImageResult who_is_logged_in(const wire::ImageRequest& request, const std::string& host) {
  const auto known = CredentialSource(request).find(host, "");
  if (!known || known->user.empty())
    throw Error(ErrorKind::not_found, format("not logged into {}", host)).with_hint(format("lichen login {}", host));
  wire::ImageResult result;
  result.images.push_back({"", known->user, "", false});
  return result;
}

}  // namespace

wire::ImageResult log_in(const store::Paths&, const wire::ImageRequest& request, Progress&) {
  const std::string host = registry_host(request.names.at(0));
  if (request.only_ask) return who_is_logged_in(request, host);
  const auto pair = cut(request.creds, ':');
  if (!pair || pair->first.empty() || pair->second.empty())
    throw_error(ErrorKind::usage, "login to '{}': a user name and a password are needed", host);
  wire::ImageRequest probe = request;
  probe.auth_file.clear();  // it need not be there yet
  check_with_registry(probe, host);
  const std::string path = auth_file(request);
  if (const std::string helper = helper_of(path, host); !helper.empty()) {
    tell_helper(helper, request.home, host, Credentials{pair->first, pair->second, ""});
  } else {
    Json json = read_auths(path);
    erase_keys(json, host);
    const std::string key = host == "docker.io" && request.compat_auth_file ? "https://index.docker.io/v1/" : host;
    json["auths"][key] = Json{{"auth", base64_encode(request.creds)}};
    write_auths(path, json);
  }
  wire::ImageResult result;
  result.images.push_back({"", host, path, true});
  return result;
}

wire::ImageResult log_out(const store::Paths&, const wire::ImageRequest& request, Progress&) {
  const std::string path = auth_file(request);
  Json json = read_auths(path);
  wire::ImageResult result;
  std::vector<std::string> hosts;
  if (!request.all_registries) {
    hosts.push_back(registry_host(request.names.at(0)));
  } else if (json.contains("auths") && json["auths"].is_object()) {
    for (const auto& [key, entry] : json["auths"].items()) hosts.push_back(registry_host(key));
  }
  if (request.all_registries && json.contains("credHelpers") && json["credHelpers"].is_object())
    for (const auto& [key, helper] : json["credHelpers"].items()) hosts.push_back(registry_host(key));
  for (const auto& host : hosts) {
    const std::string helper = helper_of(path, host);
    if (!helper.empty()) tell_helper(helper, request.home, host, std::nullopt);
    if (erase_keys(json, host) || !helper.empty()) result.images.push_back({"", host, path, true});
  }
  if (!result.images.empty() && sys::exists(path)) write_auths(path, json);
  return result;
}

}  // namespace lichen::image
