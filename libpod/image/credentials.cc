#include "libpod/image/credentials.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/image/http.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"

#include <sys/stat.h>
#include <unistd.h>

namespace lichen::image {
namespace {

constexpr std::size_t kMaxAuthFile = 1u << 20;

Credentials split_pair(const std::string& text) {
  const auto pair = cut(text, ':');
  if (!pair) return {text, "", ""};
  return {pair->first, pair->second, ""};
}

// Keys under which a file may have the registry, the most specific first: containers' "host/ns/repo", docker's URL
// forms.
std::vector<std::string> keys_for(const std::string& host, const std::string& repository) {
  std::vector<std::string> keys;
  std::string path = host + "/" + repository;
  for (auto slash = path.size(); slash != std::string::npos && slash > host.size(); slash = path.rfind('/')) {
    path = path.substr(0, slash);
    keys.push_back(path);
  }
  if (keys.empty() || keys.back() != host) keys.push_back(host);
  if (host == "docker.io") {
    for (const char* key :
         {"https://index.docker.io/v1/", "https://index.docker.io/v2/", "index.docker.io", "registry-1.docker.io"})
      keys.emplace_back(key);
  }
  for (const char* scheme : {"https://", "http://"})
    for (const char* tail : {"", "/", "/v1/", "/v2/"}) keys.push_back(scheme + host + tail);
  return keys;
}

std::string helper_server(const std::string& host) {
  return host == "docker.io" ? "https://index.docker.io/v1/" : host;
}

}  // namespace

std::string find_credential_helper(const std::string& name, const std::vector<std::string>& directories) {
  if (name.empty() ||
      name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") !=
          std::string::npos ||
      name[0] == '.')
    throw_error(ErrorKind::invalid, "credential helper '{}': not a name", printable(name));
  const std::string program = "docker-credential-" + name;
  for (const auto& directory : directories) {
    struct stat where {
    }, what{};
    const std::string path = directory + "/" + program;
    if (::stat(directory.c_str(), &where) != 0 || ::stat(path.c_str(), &what) != 0 || !S_ISREG(what.st_mode)) continue;
    if ((where.st_mode & S_IWOTH) != 0 || (what.st_mode & S_IWOTH) != 0) continue;
    if (::access(path.c_str(), X_OK) == 0) return path;
  }
  throw Error(ErrorKind::not_found, format("credential helper '{}': there is no such program", program))
      .with_hint(
          format("install it into {}, or take it out of the configuration and log in again", join(directories, ", ")));
}

namespace {

std::string helper_program(const std::string& name, const std::string& home) {
  std::vector<std::string> directories{"/usr/local/bin", "/usr/bin", "/bin"};
  if (home.starts_with('/')) directories.push_back(home + "/.local/bin");
  return find_credential_helper(name, directories);
}

}  // namespace

std::vector<std::string> auth_keys(const std::string& host) { return keys_for(host, ""); }

std::string helper_of(const std::string& path, const std::string& host) {
  const auto text = sys::read_file_if_exists(path, kMaxAuthFile);
  if (!text || trim(*text).empty()) return "";
  const Json json = parse_json(*text, path);
  const JsonView view(json, path + ":");
  for (const auto& key : auth_keys(host))
    if (const auto helper = view.at("credHelpers").find_string(key)) return *helper;
  return view.get_string("credsStore");
}

void tell_helper(const std::string& name, const std::string& home, const std::string& host,
                 const std::optional<Credentials>& credentials) {
  const std::string program = helper_program(name, home), server = helper_server(host);
  const std::string input =
      credentials
          ? dump_json(Json{{"ServerURL", server}, {"Username", credentials->user}, {"Secret", credentials->password}})
          : server;
  const auto result = sys::run_program({program, credentials ? "store" : "erase"}, input + "\n");
  if (result.status.code != 0)
    throw_error(ErrorKind::permission, "credential helper '{}' failed with status {}", program, result.status.code);
}

CredentialSource::CredentialSource(const wire::ImageRequest& request) : home_(request.home) {
  if (!request.creds.empty()) given_ = split_pair(request.creds);
  const std::string& chosen = request.auth_file.empty() ? request.registry_auth_file : request.auth_file;
  if (!chosen.empty()) {
    if (!request.auth_file.empty() && !sys::exists(chosen))
      throw_error(ErrorKind::not_found, "credentials file '{}': it does not exist", chosen);
    files_.push_back(chosen);
    return;
  }
  const std::string docker =
      (request.docker_config.empty() ? request.home + "/.docker" : request.docker_config) + "/config.json";
  if (request.compat_auth_file) files_.push_back(docker);
  if (!request.xdg_runtime_dir.empty()) files_.push_back(request.xdg_runtime_dir + "/containers/auth.json");
  const std::string config = request.xdg_config_home.empty() ? request.home + "/.config" : request.xdg_config_home;
  if (!request.home.empty() || !request.xdg_config_home.empty()) files_.push_back(config + "/containers/auth.json");
  if (!request.docker_config.empty() || !request.home.empty()) files_.push_back(docker);
}

std::optional<Credentials> CredentialSource::find(const std::string& host, const std::string& repository) const {
  if (given_) return given_;
  for (const auto& path : files_)
    if (auto found = find_in_file(path, host, repository)) return found;
  return std::nullopt;
}

std::optional<Credentials> CredentialSource::find_in_file(const std::string& path, const std::string& host,
                                                          const std::string& repository) const {
  const auto text = sys::read_file_if_exists(path, kMaxAuthFile);
  if (!text || trim(*text).empty()) return std::nullopt;
  const Json json = parse_json(*text, path);
  const JsonView view(json, path + ":");
  const auto keys = keys_for(host, repository);
  const JsonView helpers = view.at("credHelpers"), auths = view.at("auths");
  for (const auto& key : keys)
    if (const auto helper = helpers.find_string(key)) return ask_helper(*helper, helper_server(host));
  for (const auto& key : keys) {
    const JsonView entry = auths.at(key);
    if (entry.is_null()) continue;
    Credentials found;
    if (const auto encoded = entry.get_string("auth"); !encoded.empty()) {
      const auto decoded = base64_decode(encoded);
      if (!decoded || decoded->find(':') == std::string::npos)
        throw Error(ErrorKind::invalid, format("'{}': the entry of '{}' is damaged", path, key))
            .with_hint(format("log in again with 'lichen login {}'", host));
      found = split_pair(*decoded);
      // docker pads what it writes with NUL bytes in old files.
      while (!found.password.empty() && found.password.back() == '\0') found.password.pop_back();
    }
    found.identity_token = entry.get_string("identitytoken");
    if (!found.user.empty() || !found.identity_token.empty()) return found;
  }
  if (const auto store = view.get_string("credsStore"); !store.empty()) return ask_helper(store, helper_server(host));
  return std::nullopt;
}

std::optional<Credentials> CredentialSource::ask_helper(const std::string& name, const std::string& server) const {
  const std::string program = helper_program(name, home_);
  const auto result = sys::run_program({program, "get"}, server + "\n");
  if (result.status.code != 0) {
    // The one answer that means "none" in docker's protocol.
    if (result.out.find("credentials not found") != std::string::npos) return std::nullopt;
    throw_error(ErrorKind::permission, "credential helper '{}' failed with status {}", program, result.status.code);
  }
  const Json json = parse_json(result.out, program);
  const JsonView view(json, program + ":");
  Credentials found{view.get_string("Username"), view.get_string("Secret"), ""};
  if (found.user == "<token>") found = {"", "", found.password};
  return found;
}

}  // namespace lichen::image
