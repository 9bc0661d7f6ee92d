#include "libpod/engine/store_usage.hh"

#include <algorithm>
#include <map>
#include <set>

#include "libpod/base/error.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/build_cache.hh"
#include "libpod/engine/container_list.hh"
#include "libpod/engine/image_list.hh"
#include "libpod/engine/volumes.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/lock.hh"

namespace lichen::engine {
namespace {

struct Row {
  std::size_t count = 0, active = 0;
  std::int64_t size = 0, reclaimable = 0;
};

std::string size_word(std::int64_t bytes) { return bytes == 0 ? "0B" : human_size(static_cast<double>(bytes)); }

Json summary_row(const char* type, const Row& row) {
  std::string reclaimable = size_word(row.reclaimable);
  if (row.size > 0) reclaimable += format(" ({}%)", row.reclaimable * 100 / row.size);
  Json out;
  out["Type"] = type;
  out["TotalCount"] = std::to_string(row.count);
  out["Active"] = std::to_string(row.active);
  out["Size"] = size_word(row.size);
  out["Reclaimable"] = reclaimable;
  out["Total"] = row.count;
  out["RawSize"] = row.size;
  out["RawReclaimable"] = row.reclaimable;
  return out;
}

class Measurement {
 public:
  Measurement(Engine& engine, const OnDamaged& on_damaged)
      : engine_(engine), on_damaged_(on_damaged), users_(containers_in_use_check(engine)) {}

  StoreUsage run(bool verbose) {
    StoreUsage usage;
    usage.summary.push_back(summary_row("Images", images()));
    usage.summary.push_back(summary_row("Containers", containers()));
    usage.summary.push_back(summary_row("Local Volumes", volumes()));
    usage.summary.push_back(summary_row("Build Cache", build_cache()));
    usage.summary.push_back(summary_row("Staging", staging()));
    usage.summary.push_back(summary_row("Cache", cache()));
    usage.summary.push_back(summary_row("Other", other()));
    if (!verbose) return usage;
    usage.images = image_rows();
    usage.containers = container_list();
    usage.volumes = volume_rows();
    for (const auto& entry : cache_entries_) usage.build_cache.push_back(build_cache_row(entry));
    return usage;
  }

 private:
  bool is_used(const std::string& image) const {
    return std::any_of(users_.begin(), users_.end(), [&](const auto& user) { return user.config.image_id == image; });
  }

  Row images() {
    const auto& paths = engine_.paths;
    Row row;
    row.size = sys::own_disk_size(paths.layers()) + sys::own_disk_size(paths.images()) + sys::disk_size(paths.refs()) +
               sys::disk_size(paths.lists());
    cache_entries_ = list_build_cache(engine_, layers_of_images(engine_));
    std::set<std::string> of_cache;  // and of no image
    for (const auto& entry : cache_entries_)
      if (!entry.shared) of_cache.insert(entry.id);
    for (const auto& layer : sys::list_directory(paths.layers())) {
      layers_[layer] = sys::disk_size(paths.layer(layer));
      if (!of_cache.contains(layer)) row.size += layers_[layer];
    }
    std::set<std::string> needed, spare;
    for (const auto& id : engine_.images.list()) {
      const std::int64_t record = sys::disk_size(paths.image(id));
      const bool used = is_used(id);
      ++row.count;
      row.active += used ? 1 : 0;
      row.size += record;
      try {
        const auto meta = engine_.images.get(id);
        (used ? needed : spare).insert(meta.chain_ids.begin(), meta.chain_ids.end());
        for (const auto& layer : meta.chain_ids) ++layer_users_[layer];
        image_layers_[id] = meta.chain_ids;
        records_[id] = record;
        if (!used) row.reclaimable += record;
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::not_found) on_damaged_(id, error);
      }
    }
    for (const auto& layer : spare)
      if (!needed.contains(layer)) row.reclaimable += layers_[layer];
    return row;
  }

  Row containers() {
    Row row;
    row.size = sys::own_disk_size(engine_.paths.containers()) + sys::disk_size(engine_.paths.names());
    for (const auto& id : sys::list_directory(engine_.paths.containers())) {
      const std::int64_t bytes = container_bytes_[id] = sys::disk_size(engine_.paths.container(id));
      const auto known =
          std::find_if(users_.begin(), users_.end(), [&](const auto& user) { return user.config.id == id; });
      const bool active = known != users_.end() && is_active(*known);
      ++row.count;
      row.active += active ? 1 : 0;
      row.size += bytes;
      if (known != users_.end() && !active) row.reclaimable += bytes;
    }
    return row;
  }

  Row volumes() {
    Row row;
    row.size = sys::own_disk_size(engine_.paths.volumes());
    for (const auto& name : sys::list_directory(engine_.paths.volumes())) {
      const std::int64_t bytes = volume_bytes_[name] = sys::disk_size(engine_.paths.volume(name));
      const bool used = !users_of_volume(users_, name).empty();
      ++row.count;
      row.active += used ? 1 : 0;
      row.size += bytes;
      if (!used) row.reclaimable += bytes;
    }
    return row;
  }

  Row build_cache() const {
    const std::string folder = engine_.paths.build();
    Row row;
    row.size = sys::disk_size(folder);
    for (const auto& entry : cache_entries_) {
      ++row.count;
      row.active += entry.in_use ? 1 : 0;
      if (entry.type == "regular" && !entry.shared) row.size += entry.size;  // the others lie in that folder
      if (entry.is_reclaimable()) row.reclaimable += entry.size;
    }
    return row;
  }

  // What nobody holds was swept when we entered U0: the rest belongs to commands that work now, or resisted.
  Row staging() const {
    const std::string folder = engine_.paths.staging();
    Row row;
    row.size = sys::own_disk_size(folder);
    for (const auto& name : sys::list_directory(folder)) {
      const std::int64_t bytes = sys::disk_size(folder + "/" + name);
      const bool held = sys::is_locked(folder + "/" + name);
      ++row.count;
      row.active += held ? 1 : 0;
      row.size += bytes;
      if (!held) row.reclaimable += bytes;
    }
    return row;
  }

  Row cache() const {
    Row row;
    const std::string path = engine_.paths.cache();
    row.count = row.active = sys::list_directory(path).size();  // every start of a container reads it
    row.size = sys::disk_size(path);
    return row;
  }

  // Events, secrets, what system check has set aside, and whatever else lies there.
  Row other() const {
    const auto& paths = engine_.paths;
    const std::set<std::string> counted = {paths.layers(),     paths.images(), paths.lists(),   paths.refs(),
                                           paths.containers(), paths.names(),  paths.volumes(), paths.staging(),
                                           paths.cache(),      paths.build()};
    Row row;
    row.size = sys::own_disk_size(paths.root());
    for (const auto& name : sys::list_directory(paths.root())) {
      const std::string path = paths.root() + "/" + name;
      if (counted.contains(path)) continue;
      ++row.count;
      ++row.active;
      row.size += sys::disk_size(path);
    }
    return row;
  }

  std::vector<Json> image_rows() {
    auto rows = list_images(engine_, {.no_trunc = true}, [](const std::string&, const Error&) {});
    for (auto& row : rows) {
      const std::string id = row["Id"].get<std::string>();
      std::int64_t size = records_[id], shared = 0;
      for (const auto& layer : image_layers_[id]) {
        size += layers_[layer];
        if (layer_users_[layer] > 1) shared += layers_[layer];
      }
      row["ID"] = id.substr(0, 12);
      row["Size"] = row["VirtualSize"] = size_word(size);
      row["SharedSize"] = size_word(shared);
      row["UniqueSize"] = size_word(size - shared);
    }
    return rows;
  }

  std::vector<Json> container_list() {
    const ContainerListRequest request{.all = true};
    const auto found = list_containers(engine_, request, [](const std::string&, const Error&) {});
    auto rows = container_rows(engine_, found, request);
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i]["Size"] = size_word(container_bytes_[found[i].config.id]);
    return rows;
  }

  std::vector<Json> volume_rows() {
    auto rows = list_volumes(engine_, {}, [](const std::string&, const Error&) {});
    for (auto& row : rows) {
      row["Links"] = std::to_string(row["MountCount"].get<std::size_t>());
      row["Size"] = size_word(volume_bytes_[row["Name"].get<std::string>()]);
    }
    return rows;
  }

  Engine& engine_;
  const OnDamaged& on_damaged_;
  std::vector<ContainerSummary> users_;
  std::map<std::string, std::int64_t> layers_, records_, container_bytes_, volume_bytes_;
  std::map<std::string, int> layer_users_;
  std::map<std::string, std::vector<std::string>> image_layers_;
  std::vector<BuildCacheEntry> cache_entries_;
};

}  // namespace

StoreUsage measure_store(Engine& engine, bool verbose, const OnDamaged& on_damaged) {
  engine.enter_userns();
  return Measurement(engine, on_damaged).run(verbose);
}

}  // namespace lichen::engine
