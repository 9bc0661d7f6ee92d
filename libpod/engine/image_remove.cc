#include "libpod/engine/image_remove.hh"

#include <algorithm>
#include <set>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/container_summary.hh"
#include "libpod/engine/events.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/image_mount.hh"
#include "libpod/engine/manifest_lists.hh"
#include "libpod/engine/object_filter.hh"
#include "libpod/store/build_cache.hh"
#include "libpod/sys/fs.hh"

namespace lichen::engine {
namespace {

constexpr std::chrono::seconds kLockTimeout{2};

struct Users {
  std::string running, stopped;  // names of one container each
};

Users users_of(Engine& engine, const std::string& id) {
  Users users;
  for (const auto& container : containers_in_use_check(engine)) {
    if (container.config.image_id != id) continue;
    (is_active(container) ? users.running : users.stopped) =
        container.config.name.empty() ? short_id(container.config.id) : container.config.name;
  }
  return users;
}

bool single_repository(const std::vector<store::RefName>& names) {
  return std::all_of(names.begin(), names.end(), [&](const store::RefName& name) {
    return name.host == names[0].host && name.repository == names[0].repository;
  });
}

[[noreturn]] void refuse(const std::string& what, std::string hint) {
  throw Error(ErrorKind::conflict, what).with_hint(std::move(hint));
}

class Remover {
 public:
  Remover(Engine& engine, std::string id) : engine_(engine), id_(std::move(id)) {
    engine_.enter_userns();
    lock_ = lock();
    meta_ = read_meta();
    names_ = names_of_image(engine_.images.refs(), id_);
    users_ = users_of(engine_, id_);
    lists_ = engine_.lists.with_image(id_);
    mounted_by_ = process_with_mount(engine_, id_);
  }

  const std::vector<store::RefName>& names() const { return names_; }
  const Users& users() const { return users_; }
  /// Names (or ids) of manifest lists that have the image.
  std::string list_name() const {
    if (lists_.empty()) return "";
    const auto names = names_of_image(engine_.images.refs(), lists_[0]);
    return names.empty() ? short_id(lists_[0]) : familiar(names[0]);
  }
  bool is_in_list() const { return !lists_.empty(); }
  /// The process of `image mount`; the files must stay for it.
  std::optional<std::int64_t> mounted_by() const { return mounted_by_; }
  ImageRemoval take() { return std::move(removal_); }

  void untag(const store::RefName& name) {
    if (engine_.images.remove_ref(name)) {
      removal_.untagged.push_back(familiar(name));
      append_event(
          engine_,
          {.type = "image", .action = "untag", .id = id_, .name = familiar(name), .image = {}, .attributes = {}});
    }
    std::erase(names_, name);
  }

  /// Names, record and layers. With a stopped user only the names.
  void remove(bool keep_layers) {
    for (const auto& name : std::vector(names_)) untag(name);
    if (!users_.running.empty() || !users_.stopped.empty()) {
      removal_.kept_for = "container " + (users_.running.empty() ? users_.stopped : users_.running);
      return;
    }
    if (is_in_list()) {
      removal_.kept_for = "manifest list " + list_name();
      return;
    }
    for (const auto& digest : meta_.repo_digests) removal_.untagged.push_back(familiar_digest(digest));
    removal_.bytes += sys::disk_size(engine_.paths.image(id_));
    engine_.images.remove(id_);
    removal_.deleted.push_back("sha256:" + id_);
    append_event(engine_, {.type = "image", .action = "delete", .id = id_, .name = {}, .image = {}, .attributes = {}});
    lock_ = {};
    if (keep_layers) return;
    for (const auto& layer : remove_unused_layers(engine_, meta_.chain_ids, removal_.bytes))
      removal_.deleted.push_back("sha256:" + layer);
  }

 private:
  sys::FileLock lock() {
    try {
      return sys::wait_lock(engine_.paths.image(id_), sys::LockMode::exclusive, kLockTimeout);
    } catch (Error& error) {
      if (!engine_.images.has(id_))
        throw_error(ErrorKind::not_found, "no such image: {} (it was just removed)", short_id(id_));
      error.add_context(format("remove image {}", short_id(id_)));
      throw;
    }
  }

  // A damaged record must not make an image immortal; its layers are found by system check then.
  store::ImageMeta read_meta() {
    try {
      return engine_.images.get(id_);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::invalid) throw;
      log_warn("{}", error.what());
      store::ImageMeta meta;
      meta.id = id_;
      return meta;
    }
  }

  Engine& engine_;
  std::string id_;
  sys::FileLock lock_;
  store::ImageMeta meta_;
  std::vector<store::RefName> names_;
  Users users_;
  std::vector<std::string> lists_;
  std::optional<std::int64_t> mounted_by_;
  ImageRemoval removal_;
};

void append(ImageRemoval& to, ImageRemoval&& part) {
  to.untagged.insert(to.untagged.end(), part.untagged.begin(), part.untagged.end());
  to.deleted.insert(to.deleted.end(), part.deleted.begin(), part.deleted.end());
  to.bytes += part.bytes;
}

std::set<std::string> layers_of_all_images(const Engine& engine) {
  const auto cached = store::cached_layers(engine.paths);
  std::set<std::string> used(cached.begin(), cached.end());
  for (const auto& id : engine.images.list()) {
    try {
      const auto meta = engine.images.get(id);
      used.insert(meta.chain_ids.begin(), meta.chain_ids.end());
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::not_found) continue;
      throw;  // an image whose layers are not known: then no layer is known to be unused
    }
  }
  return used;
}

// Lists without a name; with `all` those of whose images no container uses one. A filter says nothing of lists.
void prune_lists(Engine& engine, bool all, bool filtered, ImageRemoval& total) {
  if (filtered) return;
  const auto containers = containers_in_use_check(engine);
  const auto refs = engine.images.refs();
  for (const auto& id : engine.lists.list()) {
    try {
      const auto record = engine.lists.get(id);
      const bool used = std::any_of(record.entries.begin(), record.entries.end(), [&](const auto& entry) {
        return std::any_of(containers.begin(), containers.end(), [&](const auto& container) {
          return !entry.image_id.empty() && container.config.image_id == entry.image_id;
        });
      });
      if (names_of_image(refs, id).empty() || (all && !used)) append(total, remove_list(engine, {id, {}}));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) log_warn("{}", error.what());
    }
  }
}

}  // namespace

std::vector<std::string> ImageRemoval::lines() const {
  std::vector<std::string> out;
  for (const auto& name : untagged) out.push_back("Untagged: " + name);
  for (const auto& digest : deleted) out.push_back("Deleted: " + digest);
  return out;
}

std::vector<std::string> remove_unused_layers(Engine& engine, const std::vector<std::string>& chain_ids,
                                              std::int64_t& bytes) {
  std::vector<std::string> removed;
  try {
    // Topmost first: a layer is never without what is beneath it.
    for (auto layer = chain_ids.rbegin(); layer != chain_ids.rend(); ++layer) {
      // Held by a pull that counts on it: then it stays, and is used in a moment.
      const auto lock = sys::try_lock(engine.paths.layer(*layer), sys::LockMode::exclusive);
      if (!lock || sys::is_locked(engine.paths.staging() + "/l-" + *layer) ||
          layers_of_all_images(engine).count(*layer) != 0)
        continue;
      std::int64_t size = 0;
      try {
        // What was measured before the record was written.
        const std::string path = engine.paths.layer(*layer);
        size = engine.layers.get(*layer).disk_size + sys::own_disk_size(path) + sys::own_disk_size(path + "/meta.json");
      } catch (const Error& error) {
        log_debug("{}", error.what());
      }
      engine.layers.remove(*layer);
      bytes += size;
      removed.push_back(*layer);
    }
  } catch (const Error& error) {
    log_warn("layers are kept: {}", error.what());
  }
  return removed;
}

ImageRemoval remove_image(Engine& engine, const std::string& text, bool force, bool no_prune) {
  if (const auto list = find_list(engine, text)) return remove_list(engine, *list);
  const auto found = require_image(engine, text);
  Remover remover(engine, found.id);
  const std::string shown = short_id(found.id);
  const auto& users = remover.users();
  const std::string user = users.running.empty() ? users.stopped : users.running;
  if (remover.mounted_by() && (!found.name || remover.names().size() <= 1))
    refuse(format("conflict: unable to delete {} - process {} has it mounted", shown, *remover.mounted_by()),
           format("unmount it in that shell: lichen image unmount {}; or end the shell", shown));
  if (found.name) {
    const bool last = remover.names().size() <= 1;
    if (last && !force && !user.empty())
      refuse(format("conflict: unable to remove repository reference \"{}\" (must force) - container {} is using its "
                    "referenced image {}",
                    text, user, shown),
             format("remove the container first: lichen rm {}{}; or take the name only: lichen untag {}",
                    users.running.empty() ? "" : "-f ", user, text));
    remover.untag(*found.name);
    if (!last) return remover.take();
    if (!users.running.empty()) return remover.take();
  } else {
    if (!users.running.empty())
      refuse(format("conflict: unable to delete {} (cannot be forced) - image is being used by running container {}",
                    shown, users.running),
             format("remove the container first: lichen rm -f {}", users.running));
    if (!users.stopped.empty() && !force)
      refuse(format("conflict: unable to delete {} (must be forced) - image is being used by stopped container {}",
                    shown, users.stopped),
             format("remove the container first: lichen rm {}", users.stopped));
    if (!force && remover.names().size() > 1 && !single_repository(remover.names()))
      refuse(format("conflict: unable to delete {} (must be forced) - image is referenced in multiple repositories",
                    shown),
             format("remove one name after the other, or all with: lichen rmi -f {}", shown));
    if (remover.names().empty() && remover.is_in_list())
      refuse(format("conflict: unable to delete {} - manifest list {} has it", shown, remover.list_name()),
             format("take it out of the list: lichen manifest remove {} {}; or remove that: lichen manifest rm {}",
                    remover.list_name(), shown, remover.list_name()));
    if (remover.names().empty() && !users.stopped.empty())
      refuse(format("conflict: unable to delete {} - stopped container {} needs it", shown, users.stopped),
             format("remove the container first: lichen rm {}", users.stopped));
  }
  remover.remove(no_prune);
  return remover.take();
}

ImageRemoval prune_images(Engine& engine, const PruneRequest& request) {
  static constexpr std::string_view kKnown[] = {"dangling", "label", "label!", "until"};
  const auto filters = Filters::parse(request.filters, kKnown);
  const bool all = request.all || !filters.get_bool("dangling", !request.all);
  const auto until = filters.get_time("until", now());
  ImageRemoval total;
  prune_lists(engine, all, !filters.empty(), total);
  for (const auto& id : engine.images.list()) {
    try {
      const auto config = engine.images.config(id);
      const auto created = parse_rfc3339(config.created);
      if (!filters.match_labels(config.labels) || (until && created && *created >= *until)) continue;
      Remover remover(engine, id);
      if (!remover.users().running.empty() || !remover.users().stopped.empty() || (!all && !remover.names().empty()) ||
          remover.mounted_by() || remover.is_in_list())
        continue;
      remover.remove(/*keep_layers=*/false);
      append(total, remover.take());
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) log_warn("image {}: {}", short_id(id), error.what());
    }
  }
  return total;
}

}  // namespace lichen::engine
