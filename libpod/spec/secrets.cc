#include "libpod/spec/secrets.hh"

#include <algorithm>

#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/generate.hh"
#include "libpod/spec/mounts.hh"

namespace lichen::spec {
namespace {

constexpr std::string_view kForm = "write it as NAME[,type=mount|env][,target=...][,uid=...][,gid=...][,mode=0444]";

[[noreturn]] void fail(std::string_view text, const std::string& cause, std::string hint = std::string(kForm)) {
  throw Error(ErrorKind::usage, format("--secret '{}': {}", text, cause)).with_hint(std::move(hint));
}

std::uint32_t id_number(std::string_view text, std::string_view key, std::string_view value) {
  const auto number = parse_uint(value);
  if (!number || *number > 0xfffffffe) fail(text, format("{} '{}' is no id: it must be a number", key, value));
  return static_cast<std::uint32_t>(*number);
}

std::uint32_t file_mode(std::string_view text, std::string_view value) {
  const auto mode = parse_octal(value);
  if (!mode || *mode > 0777) fail(text, format("mode '{}' is no file mode: it must be octal, such as 0400", value));
  return *mode;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  SecretConfig run() {
    for (const auto& field : split_csv(text_, "--secret")) read(field);
    if (!is_object_name(secret_.name)) fail(text_, format("'{}' is no name of a secret", secret_.name));
    if (secret_.as_env)
      finish_variable();
    else
      finish_file();
    return std::move(secret_);
  }

 private:
  void read(const std::string& field) {
    const auto pair = cut(field, '=');
    if (!pair) {
      if (!secret_.name.empty()) fail(text_, format("'{}' is no option", field));
      secret_.name = field;
      return;
    }
    const auto& [key, value] = *pair;
    if (key == "source" || key == "src" || key == "id") {
      secret_.name = value;
    } else if (key == "type") {
      if (value != "mount" && value != "env") fail(text_, format("there is no type '{}'", value));
      secret_.as_env = value == "env";
    } else if (key == "target" || key == "dst" || key == "destination") {
      secret_.target = value;
    } else if (key == "uid") {
      secret_.uid = id_number(text_, key, value);
      file_key_ = key;
    } else if (key == "gid") {
      secret_.gid = id_number(text_, key, value);
      file_key_ = key;
    } else if (key == "mode") {
      secret_.mode = file_mode(text_, value);
      file_key_ = key;
    } else {
      static const std::vector<std::string> kKeys = {"source", "type", "target", "uid", "gid", "mode"};
      const auto near = nearest(key, kKeys);
      fail(text_, format("unknown option '{}'", key), near ? format("did you mean '{}'?", *near) : std::string(kForm));
    }
  }

  void finish_variable() {
    if (!file_key_.empty()) fail(text_, format("{} is for a file: a variable has none", file_key_), "leave it out");
    if (secret_.target.empty()) secret_.target = secret_.name;
    if (secret_.target.find('=') != std::string::npos || secret_.target.find('\0') != std::string::npos)
      fail(text_, format("'{}' is no name of a variable", secret_.target));
  }

  void finish_file() {
    if (secret_.target.empty()) secret_.target = secret_.name;
    const auto parts = split(secret_.target, '/');
    if (std::find(parts.begin(), parts.end(), "..") != parts.end() || secret_.target.find('\0') != std::string::npos)
      fail(text_, format("target '{}' must not hold '..'", secret_.target), "give the path where it is to be seen");
    secret_.target =
        clean_path(secret_.target.starts_with('/') ? secret_.target : format("{}/{}", kSecretsPath, secret_.target));
    if (secret_.target == "/" || secret_.target == kSecretsPath)
      fail(text_, format("target '{}' is a directory", secret_.target), "name the file");
  }

  std::string_view text_;
  SecretConfig secret_;
  std::string file_key_;
};

}  // namespace

SecretConfig parse_secret_option(std::string_view text) { return Reader(text).run(); }

}  // namespace lichen::spec
