#include "libpod/store/registries_conf.hh"

#include <algorithm>

#include <toml++/toml.h>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

namespace lichen::store {
namespace {

[[noreturn]] void wrong(const std::string& path, const toml::node& node, std::string_view why) {
  throw Error(ErrorKind::invalid, format("'{}' line {}: {}", path, node.source().begin.line, why))
      .with_hint("see containers-registries.conf(5)");
}

template <typename T>
T read_value(const std::string& path, const toml::table& table, std::string_view key, T fallback) {
  const toml::node* node = table.get(key);
  if (node == nullptr) return fallback;
  const auto value = node->value_exact<T>();
  if (!value) wrong(path, *node, format("'{}' is of the wrong type", key));
  return *value;
}

std::vector<const toml::table*> read_tables(const std::string& path, const toml::table& table, std::string_view key) {
  std::vector<const toml::table*> rows;
  const toml::node* node = table.get(key);
  if (node == nullptr) return rows;
  const toml::array* array = node->as_array();
  if (array == nullptr) wrong(path, *node, format("'{}' must be a list of tables", key));
  for (const auto& item : *array) {
    if (!item.is_table()) wrong(path, item, format("'{}' must be a list of tables", key));
    rows.push_back(item.as_table());
  }
  return rows;
}

/// A location or prefix: "host", "host:port", "host/path".
bool is_location(const std::string& text) {
  const auto slash = text.find('/');
  return spec::is_valid_registry_host(text.substr(0, slash)) &&
         (slash == std::string::npos || spec::is_valid_repository(text.substr(slash + 1)));
}

RegistryEndpoint endpoint_of(const std::string& full, bool insecure, bool is_mirror) {
  const auto slash = full.find('/');
  return {full.substr(0, slash), slash == std::string::npos ? "" : full.substr(slash + 1), insecure, is_mirror};
}

// What of `name` the prefix covers, in characters; 0 when it does not match.
std::size_t match_length(const std::string& prefix, const std::string& name) {
  if (prefix.starts_with("*.")) {
    const std::string host = name.substr(0, name.find('/'));
    const std::string_view suffix = std::string_view(prefix).substr(1);
    return host.size() > suffix.size() && std::string_view(host).ends_with(suffix) ? host.size() : 0;
  }
  if (!name.starts_with(prefix)) return 0;
  return name.size() == prefix.size() || name[prefix.size()] == '/' ? prefix.size() : 0;
}

}  // namespace

struct RegistriesConf::Reader {
  RegistriesConf& conf;
  const std::string& path;
  const toml::table& table;
  void short_names();
  void registries();
};

void RegistriesConf::read(const std::string& path) {
  const auto text = sys::read_file_if_exists(path, 4u << 20);
  if (!text) return;
  toml::table table;
  try {
    table = toml::parse(*text, path);
  } catch (const toml::parse_error& error) {
    throw_error(ErrorKind::invalid, "'{}' line {}: {}", path, error.source().begin.line, error.description());
  }
  if (const toml::node* node = table.get("registries"))
    wrong(path, *node, "version 1 of the format is not supported; write [[registry]] tables");
  Reader reader{*this, path, table};
  reader.short_names();
  reader.registries();
}

void RegistriesConf::Reader::short_names() {
  if (const toml::node* node = table.get("unqualified-search-registries")) {
    const toml::array* list = node->as_array();
    if (list == nullptr) wrong(path, *node, "'unqualified-search-registries' must be a list");
    conf.search_.clear();
    for (const auto& item : *list) {
      const auto host = item.value_exact<std::string>();
      if (!host || !is_location(*host)) wrong(path, item, "not a registry's name");
      conf.search_.push_back(*host);
    }
  }
  if (const toml::node* node = table.get("short-name-mode")) {
    const auto mode = node->value_exact<std::string>();
    if (!mode || (*mode != "enforcing" && *mode != "permissive" && *mode != "disabled"))
      wrong(path, *node, "'short-name-mode' must be enforcing, permissive or disabled");
    conf.enforcing_ = *mode == "enforcing";
  }
  if (const toml::node* node = table.get("aliases")) {
    if (!node->is_table()) wrong(path, *node, "'aliases' must be a table");
    for (const auto& [key, value] : *node->as_table()) {
      const auto full = value.value_exact<std::string>();
      if (!full) wrong(path, value, "an alias must be a string");
      if (full->empty())
        conf.aliases_.erase(std::string(key.str()));
      else
        conf.aliases_[std::string(key.str())] = *full;
    }
  }
}

void RegistriesConf::Reader::registries() {
  for (const toml::table* row : read_tables(path, table, "registry")) {
    Registry registry;
    registry.location = read_value<std::string>(path, *row, "location", "");
    registry.prefix = read_value<std::string>(path, *row, "prefix", registry.location);
    if (registry.prefix.empty()) wrong(path, *row, "a registry needs 'location' or 'prefix'");
    if (!registry.location.empty() && !is_location(registry.location))
      wrong(path, *row, "'location' is not host[:port][/path]");
    if (registry.location.empty() && !registry.prefix.starts_with("*.")) registry.location = registry.prefix;
    registry.insecure = read_value(path, *row, "insecure", false);
    registry.blocked = read_value(path, *row, "blocked", false);
    registry.mirror_by_digest_only = read_value(path, *row, "mirror-by-digest-only", false);
    for (const toml::table* item : read_tables(path, *row, "mirror")) {
      Mirror mirror;
      mirror.location = read_value<std::string>(path, *item, "location", "");
      if (!is_location(mirror.location)) wrong(path, *item, "a mirror's 'location' is not host[:port][/path]");
      mirror.insecure = read_value(path, *item, "insecure", false);
      const auto from = read_value<std::string>(path, *item, "pull-from-mirror", "all");
      if (from != "all" && from != "digest-only" && from != "tag-only")
        wrong(path, *item, "'pull-from-mirror' must be all, digest-only or tag-only");
      mirror.by_digest = from != "tag-only";
      mirror.by_tag = from != "digest-only" && !registry.mirror_by_digest_only;
      registry.mirrors.push_back(std::move(mirror));
    }
    std::erase_if(conf.registries_, [&](const Registry& known) { return known.prefix == registry.prefix; });
    conf.registries_.push_back(std::move(registry));
  }
}

RegistriesConf RegistriesConf::load(const Locations& locations) {
  RegistriesConf conf;
  const std::string own = locations.home_config.empty() ? "" : locations.home_config + "/containers";
  if (!locations.file.empty()) {
    if (!sys::exists(locations.file))
      throw_error(ErrorKind::not_found, "'{}', named by CONTAINERS_REGISTRIES_CONF, does not exist", locations.file);
    conf.read(locations.file);
    return conf;
  }
  if (!own.empty() && sys::exists(own + "/registries.conf"))
    conf.read(own + "/registries.conf");
  else
    conf.read(locations.system + "/registries.conf");
  for (const std::string& base : {locations.system, own}) {
    if (base.empty()) continue;
    auto names = sys::list_directory(base + "/registries.conf.d");
    std::sort(names.begin(), names.end());
    for (const auto& name : names)
      if (name.ends_with(".conf")) conf.read(base + "/registries.conf.d/" + name);
  }
  return conf;
}

std::vector<spec::Reference> RegistriesConf::candidates(const spec::Reference& reference) const {
  if (!reference.is_short()) return {spec::with_defaults(reference)};
  const auto with_name = [&](const std::string& full) {
    spec::Reference result = spec::parse_reference(full);
    result.tag = reference.tag;
    result.digest = reference.digest;
    return spec::with_defaults(result);
  };
  if (const auto alias = aliases_.find(reference.repository); alias != aliases_.end())
    return {with_name(alias->second)};
  std::vector<spec::Reference> found;
  for (const auto& host : search_) found.push_back(with_name(host + "/" + reference.repository));
  if (found.empty())
    throw Error(
        ErrorKind::invalid,
        format("image name '{}': it has no registry, and unqualified-search-registries is empty", reference.str()))
        .with_hint(format("give the full name, such as docker.io/{}", spec::with_defaults(reference).repository));
  if (found.size() > 1 && enforcing_)
    throw Error(
        ErrorKind::invalid,
        format("image name '{}': several registries are searched for short names, and it could come from any of them",
               reference.str()))
        .with_hint(format("give the full name, such as {}, or set short-name-mode = \"permissive\" in registries.conf",
                          found.front().str()));
  return found;
}

const RegistriesConf::Registry* RegistriesConf::find(const std::string& name) const {
  const Registry* best = nullptr;
  std::size_t best_length = 0;
  for (const auto& registry : registries_) {
    std::size_t length = match_length(registry.prefix, name);
    // "*.example.com" is less than any name written out.
    if (length > 0 && registry.prefix.starts_with("*.")) length = 1;
    if (length > best_length) {
      best = &registry;
      best_length = length;
    }
  }
  return best;
}

std::vector<RegistryEndpoint> RegistriesConf::endpoints(const spec::Reference& reference) const {
  const std::string name = reference.name();
  const Registry* registry = find(name);
  if (registry == nullptr) return {{reference.host, reference.repository, false, false}};
  if (registry->blocked)
    throw Error(ErrorKind::permission, format("registry '{}' is blocked by registries.conf", registry->prefix))
        .with_hint("take 'blocked = true' out of its [[registry]] table to allow it");
  const std::string rest = name.substr(match_length(registry->prefix, name));
  std::vector<RegistryEndpoint> found;
  for (const auto& mirror : registry->mirrors)
    if (reference.digest.empty() ? mirror.by_tag : mirror.by_digest)
      found.push_back(endpoint_of(mirror.location + rest, mirror.insecure, true));
  found.push_back(
      endpoint_of(registry->location.empty() ? name : registry->location + rest, registry->insecure, false));
  return found;
}

}  // namespace lichen::store
