// A description's JSON -> CdiSpec. Member names and rules: SPEC.md of CDI, "CDI JSON Specification".
#include <algorithm>
#include <limits>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/cdi.hh"
#include "libpod/spec/options.hh"

namespace lichen::spec {
namespace {

// More than any machine has; a file is at most 1 MiB anyway.
constexpr std::size_t kMaxDevices = 4096, kMaxItems = 1024, kMaxText = 4096;

template <typename... Args>
[[noreturn]] void fail(const JsonView& view, fmt::format_string<Args...> text, Args&&... args) {
  throw Error(ErrorKind::invalid, fmt::format("{}: {}", view.path(), fmt::format(text, std::forward<Args>(args)...)));
}

void allow_only(const JsonView& view, std::initializer_list<std::string_view> names) {
  for (const auto& [key, value] : view.as_object())
    if (std::ranges::find(names, key) == names.end()) fail(view, "'{}' is not known", printable(key).substr(0, 80));
}

std::string checked(const JsonView& view, std::string text) {
  if (text.size() > kMaxText) fail(view, "longer than {} bytes", kMaxText);
  if (has_control_characters(text)) fail(view, "it has control characters");
  return text;
}

std::string text_of(const JsonView& view) { return checked(view, view.as_string()); }

std::string text_at(const JsonView& view, std::string_view key) {
  const JsonView found = view.at(key);
  return found.is_null() ? std::string() : text_of(found);
}

std::vector<JsonView> items(const JsonView& view, std::size_t most = kMaxItems) {
  auto list = view.as_array();
  if (list.size() > most) fail(view, "more than {} entries", most);
  return list;
}

std::vector<std::string> texts(const JsonView& view) {
  std::vector<std::string> result;
  for (const auto& item : items(view)) result.push_back(text_of(item));
  return result;
}

std::string path_at(const JsonView& view, std::string_view key) {
  const std::string text = text_at(view, key);
  if (!text.starts_with('/')) fail(view.at(key), "it must be an absolute path");
  return clean_path(text);
}

std::string inner_path_at(const JsonView& view, std::string_view key) {
  std::string path = path_at(view, key);
  if (path == "/") fail(view.at(key), "the container's root cannot be one");
  return path;
}

std::vector<std::string> env_at(const JsonView& view) {
  auto entries = texts(view);
  for (const auto& entry : entries)
    if (const auto equals = entry.find('='); equals == 0 || equals == std::string::npos)
      fail(view, "'{}' is not NAME=value", entry.substr(0, 80));
  return entries;
}

std::optional<std::int64_t> number_at(const JsonView& view, std::string_view key, std::int64_t most) {
  const auto number = view.find_int(key);
  if (number && (*number < 0 || *number > most)) fail(view.at(key), "it must be 0 to {}", most);
  return number;
}

constexpr std::int64_t kMaxUint32 = std::numeric_limits<std::uint32_t>::max();

// fileMode, uid and gid are for a runtime that makes the file: without root it is the host's own that is shown.
CdiNode node_of(const JsonView& view) {
  allow_only(view, {"path", "hostPath", "type", "major", "minor", "fileMode", "permissions", "uid", "gid"});
  CdiNode node;
  node.container_path = inner_path_at(view, "path");
  node.host_path =
      view.has("hostPath") && !text_at(view, "hostPath").empty() ? path_at(view, "hostPath") : node.container_path;
  const std::string type = text_at(view, "type");
  if (!type.empty()) {
    if (type != "c" && type != "b" && type != "p" && type != "u") fail(view.at("type"), "it must be b, c, u or p");
    node.type = type == "u" ? 'c' : type[0];
  }
  node.major = number_at(view, "major", kMaxUint32);
  node.minor = number_at(view, "minor", kMaxUint32);
  number_at(view, "fileMode", kMaxUint32);
  number_at(view, "uid", kMaxUint32);
  number_at(view, "gid", kMaxUint32);
  if (const std::string given = text_at(view, "permissions"); !given.empty()) {
    if (given.find_first_not_of("rwm") != std::string::npos) fail(view.at("permissions"), "only r, w and m");
    node.permissions = given;
  }
  return node;
}

CdiMount mount_of(const JsonView& view) {
  allow_only(view, {"hostPath", "containerPath", "type", "options"});
  CdiMount mount;
  mount.container_path = inner_path_at(view, "containerPath");
  mount.type = text_at(view, "type");
  mount.options = texts(view.at("options"));
  const bool bound = std::ranges::any_of(mount.options, [](const auto& o) { return o == "bind" || o == "rbind"; });
  if (!bound && !mount.type.empty() && mount.type != "bind" && mount.type != "none" && mount.type != "tmpfs")
    fail(view.at("type"), "only bind and tmpfs can be mounted without root");
  if (bound || mount.type != "tmpfs") {
    mount.type = "bind";
    mount.host_path = path_at(view, "hostPath");
    if (!bound) mount.options.insert(mount.options.begin(), "rbind");
  }
  return mount;
}

void add_hook(const JsonView& view, OciHooks& hooks) {
  allow_only(view, {"hookName", "path", "args", "env", "timeout"});
  static constexpr std::pair<std::string_view, std::vector<OciHook> OciHooks::*> kPoints[] = {
      {"prestart", &OciHooks::prestart},
      {"createRuntime", &OciHooks::create_runtime},
      {"createContainer", &OciHooks::create_container},
      {"startContainer", &OciHooks::start_container},
      {"poststart", &OciHooks::poststart},
      {"poststop", &OciHooks::poststop},
  };
  const std::string name = text_at(view, "hookName");
  const auto* point = std::ranges::find(kPoints, name, [](const auto& row) { return row.first; });
  if (point == std::end(kPoints)) fail(view.at("hookName"), "there is no hook '{}'", name.substr(0, 80));
  OciHook hook;
  hook.path = path_at(view, "path");
  hook.args = texts(view.at("args"));
  hook.env = env_at(view.at("env"));
  if (const auto timeout = number_at(view, "timeout", std::numeric_limits<int>::max())) {
    if (*timeout == 0) fail(view.at("timeout"), "it must be greater than 0");
    hook.timeout_s = static_cast<int>(*timeout);
  }
  (hooks.*point->second).push_back(std::move(hook));
}

CdiEdits edits_of(const JsonView& view) {
  allow_only(view,
             {"env", "deviceNodes", "mounts", "hooks", "additionalGids", "additionalGIDs", "intelRdt", "netDevices"});
  CdiEdits edits;
  edits.env = env_at(view.at("env"));
  for (const auto& item : items(view.at("deviceNodes"))) edits.nodes.push_back(node_of(item));
  for (const auto& item : items(view.at("mounts"))) edits.mounts.push_back(mount_of(item));
  for (const auto& item : items(view.at("hooks"))) add_hook(item, edits.hooks);
  for (const std::string_view key : {"additionalGids", "additionalGIDs"})  // both spellings are in SPEC.md
    for (const auto& item : items(view.at(key))) {
      const std::uint64_t gid = item.as_uint();
      if (gid >= static_cast<std::uint64_t>(kMaxUint32)) fail(item, "it must be 0 to {}", kMaxUint32 - 1);
      if (gid != 0) edits.additional_gids.push_back(static_cast<std::uint32_t>(gid));
    }
  for (const char* key : {"intelRdt", "netDevices"})
    if (view.has(key)) edits.impossible.emplace_back(key);
  return edits;
}

// SPEC.md, "Released versions": 0.3.0 is the first; from 1.0 on only what 1.1 added is new, which edits_of knows.
void check_version(const JsonView& view) {
  const std::string text = text_of(view);
  const auto parts = split(text, '.');
  const auto major = parse_uint(parts[0]);
  const auto minor = parts.size() > 1 ? parse_uint(parts[1]) : std::nullopt;
  if (!major || !minor || parts.size() > 3) fail(view, "'{}' is no version", text.substr(0, 80));
  if (*major > 1 || (*major == 0 && *minor < 3)) fail(view, "version {} is not known: 0.3.0 to 1.1.0 are", text);
}

}  // namespace

CdiSpec cdi_spec_from_json(const Json& json, std::string_view what) {
  const JsonView view(json, std::string(what) + ":");
  if (!json.is_object()) throw_error(ErrorKind::invalid, "{}: must be an object", what);
  allow_only(view, {"cdiVersion", "kind", "annotations", "devices", "containerEdits"});
  check_version(view.at("cdiVersion"));
  CdiSpec spec;
  spec.path = what;
  spec.kind = text_at(view, "kind");
  try {
    parse_cdi_name(spec.kind + "=x");
  } catch (const Error&) {
    fail(view.at("kind"), "it must be vendor.com/class");
  }
  spec.edits = edits_of(view.at("containerEdits"));
  for (const auto& item : items(view.at("devices"), kMaxDevices)) {
    allow_only(item, {"name", "annotations", "containerEdits"});
    CdiDevice device{text_at(item, "name"), {}};
    try {
      parse_cdi_name("a/b=" + device.name);
    } catch (const Error&) {
      fail(item.at("name"), "'{}' is no name of a device", device.name.substr(0, 80));
    }
    if (std::ranges::find(spec.devices, device.name, &CdiDevice::name) != spec.devices.end())
      fail(item.at("name"), "'{}' is there twice", device.name);
    device.edits = edits_of(item.at("containerEdits"));
    spec.devices.push_back(std::move(device));
  }
  if (spec.devices.empty()) fail(view.at("devices"), "it has no device");
  return spec;
}

}  // namespace lichen::spec
