#include "libpod/engine/secret_mounts.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/engine/volume_owner.hh"
#include "libpod/sys/fs.hh"

#include <sys/stat.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

std::string value_of(const Engine& engine, const spec::ContainerConfig& config, const spec::SecretConfig& secret) {
  try {
    return engine.secrets.value(secret.name);
  } catch (Error& error) {
    if (!config.name.empty()) error.add_context(format("secret of container '{}'", config.name));
    throw;
  }
}

void write_secret(const spec::ContainerConfig& config, const spec::SecretConfig& secret, const std::string& path,
                  const std::string& value) {
  sys::write_file(path, value, 0600);
  const HostOwner owner = host_owner(config, secret.uid, secret.gid);
  if (::chown(path.c_str(), owner.uid, owner.gid) != 0) {
    const int error = errno;
    throw Error(ErrorKind::unsupported,
                format("secret '{}': give it to {}:{}: {}", secret.name, secret.uid, secret.gid, errno_text(error)),
                error)
        .with_hint("the ids of a container are those of its user namespace: choose others, or leave uid and gid out");
  }
  // After chown(2), and not by the umask.
  if (::chmod(path.c_str(), secret.mode) != 0) throw_errno("set the mode of secret '{}'", secret.name);
}

}  // namespace

void resolve_secrets(const Engine& engine, spec::ContainerConfig& config) {
  for (auto& secret : config.secrets) {
    const auto record = engine.secrets.get(engine.secrets.find(secret.name));
    secret.name = record.name;
    secret.id = record.id;
  }
}

std::vector<std::string> secret_environment(const Engine& engine, const spec::ContainerConfig& config) {
  std::vector<std::string> env;
  for (const auto& secret : config.secrets) {
    if (!secret.as_env) continue;
    const std::string value = value_of(engine, config, secret);
    if (value.find('\0') != std::string::npos)
      throw Error(ErrorKind::invalid,
                  format("secret '{}': its value has a NUL byte and cannot be a variable", secret.name))
          .with_hint("give it as a file: leave type=env out");
    env.push_back(secret.target + "=" + value);
  }
  return env;
}

void provide_secrets(const Engine& engine, const spec::ContainerConfig& config, PrivatePlace& place,
                     spec::HostFacts& facts) {
  if (config.secrets.empty()) return;
  facts.secret_env = secret_environment(engine, config);
  std::vector<std::pair<const spec::SecretConfig*, std::string>> files;
  for (const auto& secret : config.secrets)
    if (!secret.as_env) files.emplace_back(&secret, value_of(engine, config, secret));
  if (files.empty()) return;
  const std::string directory = place.path() + "/secrets";
  sys::make_directory(directory, 0755);
  std::size_t number = 0;
  for (const auto& [secret, value] : files) {
    // Those beneath /run/secrets are seen through one bind of their directory, so that no empty file for each is left
    // in the container's layer.
    if (is_below(secret->target, spec::kSecretsPath)) {
      facts.secrets_path = directory + "/run";
      const std::string path = facts.secrets_path + secret->target.substr(spec::kSecretsPath.size());
      sys::make_directories(parent_path(path), 0755);
      if (sys::exists(path))
        throw_error(ErrorKind::usage, "--secret '{}': '{}' is another secret already", secret->name, secret->target);
      write_secret(config, *secret, path, value);
    } else {
      const std::string path = format("{}/{}", directory, ++number);
      write_secret(config, *secret, path, value);
      facts.secret_files.emplace_back(path, secret->target);
    }
  }
}

}  // namespace lichen::engine
