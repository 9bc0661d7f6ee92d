#include "libpod/runtime/mount_options.hh"

#include <sys/mount.h>

namespace lichen::runtime {
namespace {

enum class Effect {
  attribute,
  propagation,
  super,
  bind,
  rbind,
  remount,
  copy_up,
  idmap,
  ridmap,
  source_nofollow,
  destination_nofollow,
  nothing
};

struct Row {
  std::string_view name;
  Effect effect;
  std::uint64_t set = 0;
  std::uint64_t clear = 0;
  bool recursive = false;
};

// An access-time mode is a value, not a bit: setting one needs all of MOUNT_ATTR__ATIME in `clear` (mount_setattr(2)).
#define ATTRIBUTE(word, set, clear) \
  {word, Effect::attribute, set, clear, false}, { "r" word, Effect::attribute, set, clear, true }

constexpr Row kRows[] = {
    ATTRIBUTE("ro", MOUNT_ATTR_RDONLY, 0),
    ATTRIBUTE("rw", 0, MOUNT_ATTR_RDONLY),
    ATTRIBUTE("nosuid", MOUNT_ATTR_NOSUID, 0),
    ATTRIBUTE("suid", 0, MOUNT_ATTR_NOSUID),
    ATTRIBUTE("nodev", MOUNT_ATTR_NODEV, 0),
    ATTRIBUTE("dev", 0, MOUNT_ATTR_NODEV),
    ATTRIBUTE("noexec", MOUNT_ATTR_NOEXEC, 0),
    ATTRIBUTE("exec", 0, MOUNT_ATTR_NOEXEC),
    ATTRIBUTE("nodiratime", MOUNT_ATTR_NODIRATIME, 0),
    ATTRIBUTE("diratime", 0, MOUNT_ATTR_NODIRATIME),
    ATTRIBUTE("nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0),
    ATTRIBUTE("symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW),
    ATTRIBUTE("noatime", MOUNT_ATTR_NOATIME, MOUNT_ATTR__ATIME),
    ATTRIBUTE("atime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME),
    ATTRIBUTE("relatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME),
    ATTRIBUTE("norelatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME),
    ATTRIBUTE("strictatime", MOUNT_ATTR_STRICTATIME, MOUNT_ATTR__ATIME),
    ATTRIBUTE("nostrictatime", MOUNT_ATTR_RELATIME, MOUNT_ATTR__ATIME),
    {"private", Effect::propagation, MS_PRIVATE},
    {"rprivate", Effect::propagation, MS_PRIVATE, 0, true},
    {"shared", Effect::propagation, MS_SHARED},
    {"rshared", Effect::propagation, MS_SHARED, 0, true},
    {"slave", Effect::propagation, MS_SLAVE},
    {"rslave", Effect::propagation, MS_SLAVE, 0, true},
    {"unbindable", Effect::propagation, MS_UNBINDABLE},
    {"runbindable", Effect::propagation, MS_UNBINDABLE, 0, true},
    {"sync", Effect::super},
    {"async", Effect::super},
    {"dirsync", Effect::super},
    {"mand", Effect::super},
    {"nomand", Effect::super},
    {"lazytime", Effect::super},
    {"nolazytime", Effect::super},
    {"bind", Effect::bind},
    {"rbind", Effect::rbind},
    {"remount", Effect::remount},
    {"tmpcopyup", Effect::copy_up},
    {"idmap", Effect::idmap},
    {"ridmap", Effect::ridmap},
    {"src-nofollow", Effect::source_nofollow},
    {"dest-nofollow", Effect::destination_nofollow},
    // mount(2): MS_SILENT only mutes kernel messages, MS_I_VERSION and MS_POSIXACL are the file system's defaults
    // today.
    {"defaults", Effect::nothing},
    {"silent", Effect::nothing},
    {"loud", Effect::nothing},
    {"iversion", Effect::nothing},
    {"noiversion", Effect::nothing},
    {"acl", Effect::nothing},
};

#undef ATTRIBUTE

const Row* find_row(std::string_view name) {
  for (const auto& row : kRows)
    if (row.name == name) return &row;
  return nullptr;
}

// A later word undoes an earlier one: "ro,rw" is rw.
void merge(sys::MountAttributes& into, const Row& row) {
  into.set = (into.set & ~row.clear) | row.set;
  into.clear = (into.clear & ~(row.set & ~std::uint64_t{MOUNT_ATTR__ATIME})) | row.clear;
}

void apply(const Row& row, MountOptions& parsed) {
  switch (row.effect) {
    case Effect::attribute:
      return merge(row.recursive ? parsed.recursive : parsed.top, row);
    case Effect::propagation:
      parsed.propagation = row.set;
      parsed.propagation_recursive = row.recursive;
      return;
    case Effect::super:
      parsed.super_flags.emplace_back(row.name);
      return;
    case Effect::rbind:
      parsed.bind_recursive = true;
      [[fallthrough]];
    case Effect::bind:
      parsed.bind = true;
      return;
    case Effect::remount:
      parsed.remount = true;
      return;
    case Effect::copy_up:
      parsed.copy_up = true;
      return;
    case Effect::ridmap:
      parsed.idmap_recursive = true;
      [[fallthrough]];
    case Effect::idmap:
      parsed.idmap = true;
      return;
    case Effect::source_nofollow:
      parsed.source_nofollow = true;
      return;
    case Effect::destination_nofollow:
      parsed.destination_nofollow = true;
      return;
    case Effect::nothing:
      return;
  }
}

}  // namespace

MountOptions parse_mount_options(const std::vector<std::string>& options) {
  MountOptions parsed;
  for (const auto& word : options) {
    if (const Row* row = find_row(word)) {
      apply(*row, parsed);
    } else {
      for (auto& option : sys::split_mount_options(word)) parsed.data.push_back(std::move(option));
    }
  }
  return parsed;
}

std::vector<std::string> known_mount_options() {
  std::vector<std::string> names;
  for (const auto& row : kRows) names.emplace_back(row.name);
  return names;
}

}  // namespace lichen::runtime
