#include "buildah/step_cache.hh"

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/time.hh"
#include "libpod/sys/fs.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::buildah {
namespace {

// What stands for "the layers beneath, unchanged": a link needs a target.
constexpr const char* kUnchanged = "-";

// Link by rename, so that a reader sees the old entry or the new one.
void link_entry(const std::string& path, const std::string& target) {
  try {
    if (sys::read_link(path) == target) return;
    const std::string temporary = path + "." + random_hex(8);
    sys::make_symlink(target, temporary);
    sys::rename_path(temporary, path);
  } catch (const Error& error) {
    log_debug("{}", error.what());  // costs a step, nothing else
  }
}

}  // namespace

void StepKey::add(std::string_view name, std::string_view value) {
  parts_.push_back(std::string(name) + "=" + std::string(value));
}

void StepKey::add(std::string_view name, const std::vector<std::string>& values) {
  for (const auto& value : values) add(name, value);
}

std::string StepKey::hash() const {
  Sha256 hash;
  for (const auto& part : parts_) hash.field(part);
  return hash.hex();
}

std::string StepCache::path_of(const StepKey& key) const { return paths_.build() + "/steps/" + key.hash(); }

std::optional<std::string> StepCache::find(const StepKey& key, const std::string& parent) const {
  const std::string path = path_of(key);
  auto target = sys::read_link(path);
  if (!target) return std::nullopt;
  if (*target == kUnchanged)
    target = parent;
  else if (!is_full_id(*target) || !layers_.has(*target))
    return std::nullopt;
  ::utimensat(AT_FDCWD, path.c_str(), nullptr, AT_SYMLINK_NOFOLLOW);
  return target;
}

void StepCache::remember(const StepKey& key, const std::string& parent, const std::string& chain_id) const {
  sys::make_directories(paths_.build() + "/steps", 0700);
  link_entry(path_of(key), chain_id == parent ? kUnchanged : chain_id);
}

std::string StepCache::remember_time(const StepKey& key, const std::string& time, bool replaces) const {
  sys::make_directories(paths_.build() + "/steps", 0700);
  const std::string path = path_of(key);
  if (!replaces && ::symlink(time.c_str(), path.c_str()) == 0) return time;
  if (!replaces)
    if (auto known = sys::read_link(path); known && parse_rfc3339(*known)) return *std::move(known);
  link_entry(path, time);
  return time;
}

}  // namespace lichen::buildah
