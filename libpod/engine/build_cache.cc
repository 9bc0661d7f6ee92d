#include "libpod/engine/build_cache.hh"

#include <map>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/display.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/lock.hh"

#include <sys/stat.h>

namespace lichen::engine {
namespace {

constexpr std::size_t kMaxName = 4096;

Timestamp time_of(const std::string& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return {};
  return Timestamp(std::chrono::seconds(info.st_mtim.tv_sec));
}

void add_layers(const Engine& engine, const std::set<std::string>& image_layers,
                std::vector<BuildCacheEntry>& entries) {
  const std::string directory = engine.paths.build() + "/steps";
  std::map<std::string, BuildCacheEntry> found;
  for (const auto& name : sys::list_directory(directory)) {
    const std::string path = directory + "/" + name;
    const auto target = sys::read_link(path);
    if (!target || !is_full_id(*target) || !engine.layers.has(*target)) continue;
    auto& entry = found[*target];
    entry.last_used = std::max(entry.last_used, time_of(path));
    ++entry.steps;
  }
  for (auto& [chain, entry] : found) {
    entry.id = chain;
    entry.type = "regular";
    entry.shared = image_layers.contains(chain);
    entry.size = sys::disk_size(engine.paths.layer(chain));
    try {
      const auto meta = engine.layers.get(chain);
      entry.parent = meta.parent;
      entry.created = meta.created;
    } catch (const Error& error) {
      log_debug("{}", error.what());
    }
    entries.push_back(std::move(entry));
  }
}

void add_mounts(const Engine& engine, std::vector<BuildCacheEntry>& entries) {
  const std::string directory = engine.paths.build() + "/mounts";
  for (const auto& name : sys::list_directory(directory)) {
    const std::string path = directory + "/" + name;
    BuildCacheEntry entry;
    entry.id = name;
    entry.type = "exec.cachemount";
    entry.description = std::string(trim(sys::read_cached(path + "/id", kMaxName).value_or("")));
    entry.last_used = time_of(path);
    entry.size = sys::disk_size(path);
    entry.steps = 1;
    entry.in_use = sys::is_locked(path + "/lock");
    entries.push_back(std::move(entry));
  }
}

// Many small files that are shown as one thing.
void add_files(const Engine& engine, const std::string& folder, const std::string& description,
               std::vector<BuildCacheEntry>& entries) {
  const std::string directory = engine.paths.build() + "/" + folder;
  BuildCacheEntry entry;
  for (const auto& name : sys::list_directory(directory)) {
    entry.size += sys::disk_size(directory + "/" + name);
    entry.last_used = std::max(entry.last_used, time_of(directory + "/" + name));
    ++entry.steps;
  }
  if (entry.steps == 0) return;
  entry.id = folder;
  entry.type = "internal";
  entry.description = description;
  entries.push_back(std::move(entry));
}

}  // namespace

std::vector<BuildCacheEntry> list_build_cache(const Engine& engine, const std::set<std::string>& image_layers) {
  std::vector<BuildCacheEntry> entries;
  add_layers(engine, image_layers, entries);
  add_mounts(engine, entries);
  add_files(engine, "last", "what steps depended on, for build --explain", entries);
  add_files(engine, "remote", "what servers have said of files of ADD", entries);
  return entries;
}

std::set<std::string> layers_of_images(const Engine& engine) {
  std::set<std::string> layers;
  for (const auto& id : engine.images.list()) {
    try {
      const auto meta = engine.images.get(id);
      layers.insert(meta.chain_ids.begin(), meta.chain_ids.end());
    } catch (const Error& error) {
      log_debug("{}", error.what());
    }
  }
  return layers;
}

Json build_cache_row(const BuildCacheEntry& entry) {
  const auto size = entry.size == 0 ? "0B" : human_size(static_cast<double>(entry.size));
  Json row;
  row["ID"] = entry.type == "regular" ? short_id(entry.id) : entry.id.substr(0, 12);
  row["Parent"] = entry.parent.empty() ? "" : short_id(entry.parent);
  row["CacheType"] = entry.type;
  row["Description"] = entry.description;
  row["Size"] = size;
  row["CreatedAt"] = entry.created;
  row["CreatedSince"] = time_since(entry.created, now());
  row["LastUsedAt"] = to_rfc3339(entry.last_used);
  row["LastUsedSince"] = time_since(to_rfc3339(entry.last_used), now());
  row["UsageCount"] = std::to_string(entry.steps);
  row["InUse"] = entry.in_use ? "true" : "false";
  row["Shared"] = entry.shared ? "true" : "false";
  return row;
}

}  // namespace lichen::engine
