#include "libpod/spec/mounts.hh"

#include <algorithm>

#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"

namespace lichen::spec {
namespace {

using Kind = MountFlagKind;

// Names and effects: mount(8), docker's and podman's run(1).
constexpr MountFlag kFlags[] = {
    {"ro", Kind::access, "read-only", "rw"},
    {"rw", Kind::access, "read-write", "ro"},
    {"rprivate", Kind::propagation, "mounts below do not cross, recursively (default)", ""},
    {"private", Kind::propagation, "mounts below do not cross", ""},
    {"rshared", Kind::propagation, "mounts cross both ways, recursively", ""},
    {"shared", Kind::propagation, "mounts cross both ways", ""},
    {"rslave", Kind::propagation, "mounts of the host appear in the container, recursively", ""},
    {"slave", Kind::propagation, "mounts of the host appear in the container", ""},
    {"runbindable", Kind::propagation, "private and cannot be bind mounted again, recursively", ""},
    {"unbindable", Kind::propagation, "private and cannot be bind mounted again", ""},
    {"bind", Kind::recursion, "without submounts", "rbind"},
    {"rbind", Kind::recursion, "with submounts (default)", "bind"},
    {"exec", Kind::kernel, "programs may be executed (default)", "noexec"},
    {"noexec", Kind::kernel, "no program may be executed", "exec"},
    {"dev", Kind::kernel, "device files work", "nodev"},
    {"nodev", Kind::kernel, "device files do not work (default)", "dev"},
    {"suid", Kind::kernel, "set-user-id bits work", "nosuid"},
    {"nosuid", Kind::kernel, "set-user-id bits do not work (default)", "suid"},
    {"atime", Kind::kernel, "access times are kept", "noatime"},
    {"noatime", Kind::kernel, "no access times", "atime"},
    {"diratime", Kind::kernel, "access times of directories are kept", "nodiratime"},
    {"nodiratime", Kind::kernel, "no access times of directories", "diratime"},
    {"relatime", Kind::kernel, "access times are kept when they matter", "norelatime"},
    {"norelatime", Kind::kernel, "the opposite of relatime", "relatime"},
    {"strictatime", Kind::kernel, "every access is kept", "nostrictatime"},
    {"nostrictatime", Kind::kernel, "the opposite of strictatime", "strictatime"},
    {"sync", Kind::kernel, "synchronous writes", "async"},
    {"async", Kind::kernel, "asynchronous writes (default)", "sync"},
    {"nosymfollow", Kind::kernel, "symbolic links are not followed", ""},
    {"copy", Kind::copy, "a new volume gets the image's content (default)", "nocopy"},
    {"nocopy", Kind::copy, "a new volume stays empty", "copy"},
    {"U", Kind::chown, "give the source to the container's user", ""},
    {"z", Kind::relabel, "SELinux: label for all containers", "Z"},
    {"Z", Kind::relabel, "SELinux: label for this container only", "z"},
    {"consistent", Kind::consistency, "no effect on Linux", ""},
    {"cached", Kind::consistency, "no effect on Linux", ""},
    {"delegated", Kind::consistency, "no effect on Linux", ""},
    {"O", Kind::unsupported, "overlay over the source", ""},
    {"idmap", Kind::unsupported, "id-mapped mount", ""},
};

[[noreturn]] void fail(std::string_view option, std::string_view text, std::string_view cause, std::string_view hint) {
  throw Error(ErrorKind::usage, fmt::format("{} '{}': {}", option, text, cause)).with_hint(std::string(hint));
}

[[noreturn]] void fail_unsupported(std::string_view option, std::string_view text, std::string_view what) {
  throw Error(ErrorKind::unsupported, fmt::format("{} '{}': {} is not supported yet", option, text, what))
      .with_hint("leave it out");
}

std::string clean_destination(std::string_view option, std::string_view text, std::string_view destination) {
  if (destination.find('\0') != std::string_view::npos) fail(option, "...", "NUL byte in the path", "remove it");
  if (destination.empty() || destination[0] != '/')
    fail(option, text, fmt::format("the container path '{}' is not absolute", destination),
         "begin the container path with '/'");
  std::string clean = clean_path(destination);
  if (clean == "/") fail(option, text, "the container's root cannot be a mount", "mount on a directory below '/'");
  return clean;
}

bool is_host_path(std::string_view source) {
  return source.starts_with('/') || source.starts_with('.') || source.starts_with('~');
}

void set_volume_name(MountConfig& mount, std::string_view option, std::string_view text, std::string_view name) {
  if (!is_object_name(name))
    fail(option, text, fmt::format("'{}' is no name of a volume (letters, digits, '_', '.', '-')", name),
         "to mount a host directory give its path beginning with '/' or './'");
  mount.source = std::string(name);
}

// Applies one option word; checks contradictions against the words seen before.
class FlagReader {
 public:
  FlagReader(MountConfig& mount, std::string_view option, std::string_view text)
      : mount_(mount), option_(option), text_(text) {}

  void apply(std::string_view word) {
    const MountFlag* flag = find_mount_flag(word);
    if (flag == nullptr) {
      std::vector<std::string> names;
      for (const auto& row : kFlags) names.emplace_back(row.name);
      const auto near = nearest(word, names);
      fail(option_, text_, fmt::format("unknown mount option '{}'", word),
           near ? fmt::format("did you mean '{}'?", *near) : "see 'lichen run --help' for the options of a mount");
    }
    for (const MountFlag* earlier : seen_)
      if (earlier->name == flag->opposite || (earlier->kind == Kind::propagation && flag->kind == Kind::propagation))
        fail(option_, text_, fmt::format("'{}' and '{}' contradict each other", earlier->name, word),
             "keep one of them");
    seen_.push_back(flag);
    set(*flag, word);
  }

 private:
  void set(const MountFlag& flag, std::string_view word) {
    const bool bind = mount_.type == MountType::bind;
    switch (flag.kind) {
      case Kind::access:
        mount_.read_only = word == "ro";
        break;
      case Kind::propagation:
        mount_.propagation = std::string(word);
        break;
      case Kind::recursion:
        if (!bind) fail(option_, text_, fmt::format("'{}' is for host paths only", word), "remove it");
        mount_.non_recursive = word == "bind";
        break;
      case Kind::kernel:
        mount_.options.emplace_back(word);
        break;
      case Kind::copy:
        if (mount_.type != MountType::volume)
          fail(option_, text_, fmt::format("'{}' is for volumes only", word), "remove it");
        mount_.no_copy = word == "nocopy";
        break;
      case Kind::chown:
        mount_.chown = true;
        break;
      case Kind::relabel:
        mount_.relabel = word == "z" ? "shared" : "private";
        break;
      case Kind::consistency:
        break;
      case Kind::unsupported:
        fail_unsupported(option_, text_, fmt::format("mount option '{}' ({})", word, flag.meaning));
    }
  }

  MountConfig& mount_;
  std::string_view option_, text_;
  std::vector<const MountFlag*> seen_;
};

// Whether every word of "a,b,c" is one of the table: docker reads "-v /x:ro" as a destination with options.
bool is_option_list(std::string_view text) {
  const auto words = split(text, ',');
  return std::ranges::all_of(words, [](const std::string& word) { return find_mount_flag(word) != nullptr; });
}

bool set_tmpfs_option(MountConfig& mount, std::string_view option, std::string_view text, std::string_view word) {
  const auto pair = cut(word, '=');
  const std::string_view key = pair ? std::string_view(pair->first) : word;
  if (key == "tmpcopyup" || key == "notmpcopyup") {
    mount.tmp_copy_up = key == "tmpcopyup";
    return true;
  }
  if (!pair) return false;
  const std::string& value = pair->second;
  if (key == "size") {
    // A share of the memory is the kernel's business (tmpfs(5)).
    if (value.ends_with('%') && parse_uint(std::string_view(value).substr(0, value.size() - 1))) {
      mount.options.emplace_back(word);
      return true;
    }
    const auto size = parse_size(value);
    if (!size) fail(option, text, fmt::format("'{}' is not a size", value), "write it like 64m or 50%");
    mount.tmpfs_size = static_cast<std::uint64_t>(*size);
  } else if (key == "mode") {
    const auto mode = parse_octal(value);
    if (!mode || *mode > 07777)
      fail(option, text, fmt::format("'{}' is not an octal mode", value), "write it like mode=1777");
    mount.tmpfs_mode = *mode;
  } else if (key == "uid" || key == "gid" || key == "nr_inodes" || key == "nr_blocks") {
    if (!parse_size(value)) fail(option, text, fmt::format("'{}' is not a number", word), "write it like uid=1000");
    mount.options.emplace_back(word);
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::span<const MountFlag> mount_flags() { return kFlags; }

const MountFlag* find_mount_flag(std::string_view name) {
  const auto found = std::ranges::find(kFlags, name, &MountFlag::name);
  return found == std::end(kFlags) ? nullptr : found;
}

bool is_object_name(std::string_view name) {
  const auto is_alnum = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !name.empty() && name.size() <= 255 && is_alnum(name[0]) &&
         std::ranges::all_of(name, [&](char c) { return is_alnum(c) || c == '_' || c == '.' || c == '-'; });
}

MountConfig parse_volume_option(std::string_view text) {
  constexpr std::string_view kOption = "--volume";
  constexpr std::string_view kForm = "write it as [SOURCE:]DESTINATION[:OPTIONS]";
  if (text.find('\0') != std::string_view::npos) fail(kOption, "...", "NUL byte in the value", "remove it");
  const auto parts = split(text, ':');
  if (parts.size() > 3) fail(kOption, text, "more than three parts between ':'", kForm);
  std::string source, destination, options;
  if (parts.size() == 1) {
    destination = parts[0];
  } else if (parts.size() == 2 && parts[0].starts_with('/') && is_option_list(parts[1])) {
    destination = parts[0];
    options = parts[1];
  } else {
    source = parts[0];
    destination = parts[1];
    options = parts.size() == 3 ? parts[2] : "";
    if (source.empty()) fail(kOption, text, "the source is empty", kForm);
    if (parts.size() == 3 && options.empty()) fail(kOption, text, "the options are empty", kForm);
  }
  if (destination.empty()) fail(kOption, text, "the container path is empty", kForm);

  MountConfig mount;
  mount.destination = clean_destination(kOption, text, destination);
  if (source.empty()) {
    mount.type = MountType::volume;
    mount.anonymous = true;
  } else if (is_host_path(source)) {
    mount.type = MountType::bind;
    mount.source = source.starts_with('/') ? clean_path(source) : source;
    mount.create_source = true;
  } else {
    mount.type = MountType::volume;
    set_volume_name(mount, kOption, text, source);
  }
  FlagReader reader(mount, kOption, text);
  if (!options.empty())
    for (const auto& word : split(options, ',')) reader.apply(word);
  return mount;
}

MountConfig parse_tmpfs_option(std::string_view text) {
  constexpr std::string_view kOption = "--tmpfs";
  const auto pair = cut(text, ':');
  MountConfig mount;
  mount.type = MountType::tmpfs;
  mount.destination = clean_destination(kOption, text, pair ? std::string_view(pair->first) : text);
  if (!pair) return mount;
  FlagReader reader(mount, kOption, text);
  if (!pair->second.empty())
    for (const auto& word : split(pair->second, ','))
      if (!set_tmpfs_option(mount, kOption, text, word)) reader.apply(word);
  return mount;
}

}  // namespace lichen::spec
