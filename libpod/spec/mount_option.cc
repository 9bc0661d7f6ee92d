// --mount: the CSV record, and one table of keys with the types that they belong to.
#include <algorithm>

#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/mounts.hh"

namespace lichen::spec {
namespace {

constexpr std::string_view kOption = "--mount";

enum TypeBits : unsigned { kBind = 1, kVolume = 2, kTmpfs = 4, kAny = 7 };

struct MountKey {
  std::string_view name;
  unsigned types;
  bool needs_value;  // else a bare key means true
  void (*set)(MountConfig& mount, std::string_view text, std::string_view key, std::string_view value);
};

[[noreturn]] void fail(std::string_view text, std::string_view cause, std::string_view hint) {
  throw Error(ErrorKind::usage, fmt::format("{} '{}': {}", kOption, text, cause)).with_hint(std::string(hint));
}

bool to_bool(std::string_view text, std::string_view key, std::string_view value) {
  if (value.empty()) return true;
  const auto parsed = parse_bool(value);
  if (!parsed) fail(text, fmt::format("'{}={}' is not true or false", key, value), fmt::format("write {}=true", key));
  return *parsed;
}

void set_source(MountConfig& mount, std::string_view, std::string_view, std::string_view value) {
  mount.source = std::string(value);
}

void set_destination(MountConfig& mount, std::string_view text, std::string_view, std::string_view value) {
  if (value.empty() || value[0] != '/')
    fail(text, fmt::format("the container path '{}' is not absolute", value), "begin destination= with '/'");
  mount.destination = clean_path(value);
  if (mount.destination == "/") fail(text, "the container's root cannot be a mount", "mount on a directory below '/'");
}

void set_read_only(MountConfig& mount, std::string_view text, std::string_view key, std::string_view value) {
  mount.read_only = to_bool(text, key, value) == (key != "rw");
}

void set_propagation(MountConfig& mount, std::string_view text, std::string_view, std::string_view value) {
  const MountFlag* flag = find_mount_flag(value);
  if (flag == nullptr || flag->kind != MountFlagKind::propagation)
    fail(text, fmt::format("unknown propagation '{}'", value),
         "use private, rprivate, shared, rshared, slave, rslave or unbindable");
  mount.propagation = std::string(value);
}

void set_non_recursive(MountConfig& mount, std::string_view text, std::string_view key, std::string_view value) {
  mount.non_recursive = to_bool(text, key, value);
}

// docker's run(1): enabled, disabled, writable (submounts of a read-only bind stay writable), readonly (they must
// become read-only).
void set_recursive(MountConfig& mount, std::string_view text, std::string_view, std::string_view value) {
  if (value == "enabled" || value == "disabled") {
    mount.non_recursive = value == "disabled";
  } else if (value == "writable" || value == "readonly") {
    mount.read_only_submounts = std::string(value);
  } else {
    fail(text, fmt::format("unknown bind-recursive '{}'", value), "use enabled, disabled, writable or readonly");
  }
}

void set_no_copy(MountConfig& mount, std::string_view text, std::string_view key, std::string_view value) {
  mount.no_copy = to_bool(text, key, value);
}

void set_subpath(MountConfig& mount, std::string_view text, std::string_view key, std::string_view value) {
  const auto parts = split(value, '/');
  if (value.empty() || value[0] == '/' || std::ranges::find(parts, "..") != parts.end())
    fail(text, fmt::format("{} '{}' does not stay below the volume", key, value), "give a relative path without '..'");
  mount.subpath = clean_path(value);
}

void set_chown(MountConfig& mount, std::string_view text, std::string_view key, std::string_view value) {
  mount.chown = to_bool(text, key, value);
}

void set_relabel(MountConfig& mount, std::string_view text, std::string_view, std::string_view value) {
  if (value != "shared" && value != "private")
    fail(text, fmt::format("unknown relabel '{}'", value), "use shared or private");
  mount.relabel = std::string(value);
}

void set_size(MountConfig& mount, std::string_view text, std::string_view, std::string_view value) {
  if (value.ends_with('%') && parse_uint(value.substr(0, value.size() - 1))) {
    mount.options.push_back("size=" + std::string(value));
    return;
  }
  const auto size = parse_size(value);
  if (!size) fail(text, fmt::format("'{}' is not a size", value), "write it like tmpfs-size=64m");
  mount.tmpfs_size = static_cast<std::uint64_t>(*size);
}

void set_mode(MountConfig& mount, std::string_view text, std::string_view, std::string_view value) {
  const auto mode = parse_octal(value);
  if (!mode || *mode > 07777)
    fail(text, fmt::format("'{}' is not an octal mode", value), "write it like tmpfs-mode=1777");
  mount.tmpfs_mode = *mode;
}

void set_copy_up(MountConfig& mount, std::string_view text, std::string_view key, std::string_view value) {
  mount.tmp_copy_up = to_bool(text, key, value) == (key == "tmpcopyup");
}

// "noexec", also "noexec=true"; "noexec=false" is the opposite.
void set_kernel_flag(MountConfig& mount, std::string_view text, std::string_view key, std::string_view value) {
  const MountFlag* flag = find_mount_flag(key);
  const bool on = to_bool(text, key, value);
  if (!on && flag->opposite.empty()) fail(text, fmt::format("'{}' cannot be turned off", key), "leave it out");
  mount.options.emplace_back(on ? flag->name : flag->opposite);
}

void set_tmpfs_number(MountConfig& mount, std::string_view text, std::string_view key, std::string_view value) {
  if (!parse_size(value))
    fail(text, fmt::format("'{}={}' is not a number", key, value), fmt::format("write {}=1000", key));
  mount.options.push_back(fmt::format("{}={}", key, value));
}

void check_consistency(MountConfig&, std::string_view text, std::string_view, std::string_view value) {
  const MountFlag* flag = find_mount_flag(value);
  if (value != "default" && (flag == nullptr || flag->kind != MountFlagKind::consistency))
    fail(text, fmt::format("unknown consistency '{}'", value), "use default, consistent, cached or delegated");
}

void refuse(MountConfig&, std::string_view text, std::string_view key, std::string_view) {
  throw Error(ErrorKind::unsupported, fmt::format("{} '{}': the key '{}' is not supported yet", kOption, text, key))
      .with_hint("leave it out");
}

void check_driver(MountConfig&, std::string_view text, std::string_view, std::string_view value) {
  if (value != "local")
    throw Error(ErrorKind::unsupported, fmt::format("{} '{}': there is no volume driver '{}'", kOption, text, value))
        .with_hint("lichen has the driver local");
}

std::pair<std::string, std::string> key_and_value(std::string_view value) {
  const auto pair = cut(value, '=');
  return pair ? *pair : std::pair{std::string(value), std::string()};
}

void add_volume_option(MountConfig& mount, std::string_view, std::string_view, std::string_view value) {
  mount.volume_options.insert_or_assign(key_and_value(value).first, key_and_value(value).second);
}

void add_volume_label(MountConfig& mount, std::string_view, std::string_view, std::string_view value) {
  mount.volume_labels.insert_or_assign(key_and_value(value).first, key_and_value(value).second);
}

// Any kernel flag of mount_flags() is a key too.
constexpr MountKey kKernelFlag{"", kAny, false, set_kernel_flag};

constexpr MountKey kKeys[] = {
    {"source", kBind | kVolume, true, set_source},
    {"src", kBind | kVolume, true, set_source},
    {"destination", kAny, true, set_destination},
    {"dst", kAny, true, set_destination},
    {"target", kAny, true, set_destination},
    {"readonly", kAny, false, set_read_only},
    {"ro", kAny, false, set_read_only},
    {"rw", kAny, false, set_read_only},
    {"bind-propagation", kAny, true, set_propagation},
    {"bind-nonrecursive", kBind, false, set_non_recursive},
    {"bind-recursive", kBind, true, set_recursive},
    {"volume-nocopy", kVolume, false, set_no_copy},
    {"nocopy", kVolume, false, set_no_copy},
    {"volume-subpath", kVolume, true, set_subpath},
    {"subpath", kVolume, true, set_subpath},
    {"volume-driver", kVolume, true, check_driver},
    {"volume-opt", kVolume, true, add_volume_option},
    {"volume-label", kVolume, true, add_volume_label},
    {"tmpfs-size", kTmpfs, true, set_size},
    {"size", kTmpfs, true, set_size},
    {"tmpfs-mode", kTmpfs, true, set_mode},
    {"mode", kTmpfs, true, set_mode},
    {"tmpcopyup", kTmpfs, false, set_copy_up},
    {"notmpcopyup", kTmpfs, false, set_copy_up},
    {"uid", kTmpfs, true, set_tmpfs_number},
    {"gid", kTmpfs, true, set_tmpfs_number},
    {"nr_inodes", kTmpfs, true, set_tmpfs_number},
    {"nr_blocks", kTmpfs, true, set_tmpfs_number},
    {"U", kAny, false, set_chown},
    {"chown", kAny, false, set_chown},
    {"relabel", kBind | kVolume, true, set_relabel},
    {"consistency", kAny, true, check_consistency},
    {"idmap", kBind | kVolume, false, refuse},
    {"no-dereference", kBind, false, refuse},
};

MountType mount_type(std::string_view text, std::string_view name) {
  if (name == "bind") return MountType::bind;
  if (name == "volume" || name.empty()) return MountType::volume;
  if (name == "tmpfs") return MountType::tmpfs;
  for (const std::string_view known : {"image", "glob", "devpts", "ramfs", "artifact", "npipe", "cluster"})
    if (name == known)
      throw Error(ErrorKind::unsupported,
                  fmt::format("{} '{}': the type '{}' is not supported yet", kOption, text, name))
          .with_hint("the types are bind, volume and tmpfs");
  fail(text, fmt::format("unknown type '{}'", name), "the types are bind, volume and tmpfs");
}

std::string_view type_name(MountType type) {
  return type == MountType::bind ? "bind" : type == MountType::volume ? "volume" : "tmpfs";
}

unsigned type_bit(MountType type) {
  return type == MountType::bind ? kBind : type == MountType::volume ? kVolume : kTmpfs;
}

const MountKey& find_key(std::string_view text, std::string_view key, MountType type) {
  const auto found = std::ranges::find(kKeys, key, &MountKey::name);
  if (found == std::end(kKeys)) {
    if (const MountFlag* flag = find_mount_flag(key); flag != nullptr && flag->kind == MountFlagKind::kernel)
      return kKernelFlag;
    std::vector<std::string> names;
    for (const auto& row : kKeys) names.emplace_back(row.name);
    const auto near = nearest(key, names);
    fail(text, fmt::format("unknown key '{}'", key),
         near ? fmt::format("did you mean '{}'?", *near) : "see 'lichen run --help'");
  }
  if ((found->types & type_bit(type)) == 0)
    fail(text, fmt::format("the key '{}' is not for mounts of type {}", key, type_name(type)),
         "remove it or change the type");
  return *found;
}

// Rules between the keys, once all are read.
void check_mount(MountConfig& mount, std::string_view text) {
  if (mount.destination.empty()) fail(text, "no destination", "add destination=/PATH");
  if (mount.type == MountType::bind) {
    if (mount.source.empty()) fail(text, "no source", "add source=/PATH, or use type=volume");
    if (mount.source.starts_with('/')) mount.source = clean_path(mount.source);
  } else if (mount.type == MountType::volume) {
    mount.anonymous = mount.source.empty();
    if (!mount.anonymous && !is_object_name(mount.source))
      fail(text, fmt::format("'{}' is no name of a volume (letters, digits, '_', '.', '-')", mount.source),
           "to mount a host directory use type=bind");
    if (!mount.subpath.empty() && mount.anonymous)
      fail(text, "a subpath needs the name of a volume", "add source=NAME");
  }
  if (!mount.read_only_submounts.empty() && !mount.read_only)
    fail(text, fmt::format("bind-recursive={} is for read-only mounts", mount.read_only_submounts), "add readonly");
}

std::string csv_field(const std::string& field) {
  if (field.find_first_of(",\"\n") == std::string::npos) return field;
  return "\"" + replace_all(field, "\"", "\"\"") + "\"";
}

}  // namespace

std::vector<std::string> split_csv(std::string_view text, std::string_view option) {
  std::vector<std::string> fields;
  std::size_t at = 0;
  while (true) {
    std::string field;
    if (at < text.size() && text[at] == '"') {
      ++at;
      while (true) {
        const std::size_t quote = text.find('"', at);
        if (quote == std::string_view::npos)
          throw Error(ErrorKind::usage, fmt::format("{} '{}': a quote is not closed", option, text))
              .with_hint("add the closing '\"'");
        field += text.substr(at, quote - at);
        at = quote + 1;
        if (at >= text.size() || text[at] != '"') break;
        field += '"';
        ++at;
      }
      if (at < text.size() && text[at] != ',')
        throw Error(ErrorKind::usage, fmt::format("{} '{}': text after a closing quote", option, text))
            .with_hint("quote the whole field: \"key=a,b\"");
    } else {
      const std::size_t comma = std::min(text.find(',', at), text.size());
      field = std::string(text.substr(at, comma - at));
      at = comma;
    }
    fields.push_back(std::move(field));
    if (at >= text.size()) return fields;
    ++at;
  }
}

MountConfig parse_mount_option(std::string_view text) {
  if (text.find('\0') != std::string_view::npos) fail("...", "NUL byte in the value", "remove it");
  const auto fields = split_csv(text, kOption);
  MountConfig mount;
  mount.type = MountType::volume;
  std::string type;
  for (const auto& field : fields)
    if (const auto pair = cut(field, '='); pair && to_lower(pair->first) == "type") type = pair->second;
  mount.type = mount_type(text, type);
  for (const auto& field : fields) {
    const auto pair = cut(field, '=');
    const std::string typed = pair ? pair->first : field;
    const std::string key = typed == "U" ? typed : to_lower(typed);  // docker's keys may be in any case
    if (key.empty()) fail(text, "an empty field", "write key=value,key=value");
    if (key == "type") continue;
    const MountKey& row = find_key(text, key, mount.type);
    if (row.needs_value && (!pair || pair->second.empty()))
      fail(text, fmt::format("the key '{}' needs a value", key), fmt::format("write {}=VALUE", key));
    row.set(mount, text, key, pair ? std::string_view(pair->second) : std::string_view());
  }
  check_mount(mount, text);
  return mount;
}

std::string format_mount_option(const MountConfig& mount) {
  std::vector<std::string> fields{fmt::format("type={}", type_name(mount.type))};
  const auto add = [&](const std::string& field) { fields.push_back(csv_field(field)); };
  if (!mount.source.empty() && !mount.anonymous) add("source=" + mount.source);
  add("destination=" + mount.destination);
  if (mount.read_only) add("readonly");
  if (!mount.propagation.empty()) add("bind-propagation=" + mount.propagation);
  if (mount.non_recursive) add("bind-recursive=disabled");
  if (!mount.read_only_submounts.empty()) add("bind-recursive=" + mount.read_only_submounts);
  if (mount.no_copy) add("volume-nocopy");
  if (!mount.subpath.empty()) add("volume-subpath=" + mount.subpath);
  for (const auto& [key, value] : mount.volume_options) add(fmt::format("volume-opt={}={}", key, value));
  for (const auto& [key, value] : mount.volume_labels)
    add(fmt::format("volume-label={}{}{}", key, value.empty() ? "" : "=", value));
  if (mount.tmpfs_size) add(fmt::format("tmpfs-size={}", *mount.tmpfs_size));
  if (mount.tmpfs_mode) add(fmt::format("tmpfs-mode={:o}", *mount.tmpfs_mode));
  if (mount.tmp_copy_up) add("tmpcopyup");
  if (mount.chown) add("chown");
  if (!mount.relabel.empty()) add("relabel=" + mount.relabel);
  for (const auto& option : mount.options) add(option);
  return join(fields, ",");
}

}  // namespace lichen::spec
