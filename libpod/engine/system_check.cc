#include "libpod/engine/system_check.hh"

#include <algorithm>
#include <memory>
#include <set>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/image_program.hh"
#include "libpod/engine/image_remove.hh"
#include "libpod/engine/pod_check.hh"
#include "libpod/store/build_cache.hh"
#include "libpod/store/staging.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

constexpr const char* kSetAside = "move it to set-aside/";

class Checker {
 public:
  Checker(Engine& engine, bool quick) : engine_(engine), quick_(quick) {}

  std::vector<StoreFinding> run(const VerifyLayers& verify) {
    check_layers();
    if (verify && !quick_) check_contents(verify);
    check_images();
    check_lists();
    check_refs();
    check_unused_layers();
    check_containers();
    check_names();
    check_volumes();
    check_secrets();
    for (auto& finding : check_pods(
             engine_, [this](const auto&path, const auto&kind, const auto&name) { set_aside(path, kind, name); }))
      findings_.push_back(std::move(finding));
    check_events();
    check_modes();
    check_staging();
    return std::move(findings_);
  }

 private:
  void add(std::string object, std::string problem, std::string fix, std::function<void()> repair = {}) {
    findings_.push_back({std::move(object), std::move(problem), std::move(fix), std::move(repair)});
  }

  void set_aside(const std::string& path, const std::string& kind, const std::string& name) {
    const std::string place = engine_.paths.set_aside();
    sys::make_directory(place, 0700);
    const std::string target = place + "/" + kind + "-" + name + "-" + random_hex(6);
    sys::rename_path(path, target);
    log_warn("set aside: '{}'", target);
  }

  // A stray entry is nothing of ours: it is only named.
  void name_strays(const std::string& directory, const std::string& kind) {
    for (const auto& entry : sys::list_directory(directory))
      if (!is_full_id(entry))
        add(kind + " directory", format("'{}/{}' is no {}", directory, printable(entry), kind),
            "look at it and remove it yourself");
  }

  void check_layers() {
    name_strays(engine_.paths.layers(), "layer");
    for (const auto& id : engine_.layers.list()) {
      const auto problem = layer_problem(id);
      if (problem.empty()) {
        good_layers_.insert(id);
        continue;
      }
      add_layer(id, problem);
    }
  }

  void add_layer(const std::string& id, const std::string& problem) {
    add("layer " + short_id(id), problem, std::string(kSetAside) + ", then pull or load its images again",
        [this, id] { set_aside(engine_.paths.layer(id), "layer", id); });
  }

  void check_contents(const VerifyLayers& verify) {
    for (const auto& [id, problem] : verify(engine_, {good_layers_.begin(), good_layers_.end()})) {
      good_layers_.erase(id);
      add_layer(id, problem);
    }
  }

  // A layer whose parent is missing is sound: it is good again when that comes back, and unused until then.
  std::string layer_problem(const std::string& id) const {
    try {
      const auto meta = engine_.layers.get(id);
      if (!sys::is_directory(engine_.paths.layer_diff(id))) return "its files are missing";
      if (meta.has_journal && !sys::exists(engine_.paths.layer(id) + "/tar.journal"))
        return "its journal is missing: it cannot be saved or pushed";
      if (!quick_) sys::disk_usage(engine_.paths.layer_diff(id));  // every directory can be read
    } catch (const Error& error) {
      return error.what();
    }
    return "";
  }

  void check_images() {
    name_strays(engine_.paths.images(), "image");
    for (const auto& id : engine_.images.list()) check_image(id);
  }

  void check_image(const std::string& id) {
    const auto remove = [this, id] { set_aside(engine_.paths.image(id), "image", id); };
    try {
      const auto meta = engine_.images.get(id);
      const auto config = engine_.images.config(id);
      if (config.diff_ids.size() != meta.chain_ids.size())
        throw_error(ErrorKind::invalid, "its config has {} layers, its record {}", config.diff_ids.size(),
                    meta.chain_ids.size());
      used_layers_.insert(meta.chain_ids.begin(), meta.chain_ids.end());
      good_images_.insert(id);
      const auto lost =
          std::ranges::find_if(meta.chain_ids, [&](const auto& layer) { return !good_layers_.contains(layer); });
      if (lost == meta.chain_ids.end()) return;
      lost_images_.insert(id);
      add("image " + image_name(id), format("its layer {} is missing or damaged", short_id(*lost)),
          "take its record away; pull or load it again", remove);
    } catch (const Error& error) {
      any_image_damaged_ = true;
      lost_images_.insert(id);
      add("image " + image_name(id), error.what(), std::string(kSetAside) + ", then pull or load it again", remove);
    }
  }

  // A list may name images of registries; those that should be here are taken out when they are not.
  void check_lists() {
    name_strays(engine_.paths.lists(), "list");
    for (const auto& id : engine_.lists.list()) {
      try {
        const auto record = engine_.lists.get(id);
        good_lists_.insert(id);
        const auto is_lost = [this](const store::ListEntry& entry) {
          return !entry.image_id.empty() &&
                 (!good_images_.contains(entry.image_id) || lost_images_.contains(entry.image_id));
        };
        const auto lost = std::ranges::find_if(record.entries, is_lost);
        if (lost == record.entries.end()) continue;
        add("manifest list " + image_name(id),
            format("its image {} for {} is missing or damaged", short_id(lost->image_id), lost->platform.str()),
            "take it out of the list; get it again and add it", [this, id, is_lost] {
              const auto lock = engine_.lists.hold(id);
              auto now = engine_.lists.get(id);
              std::erase_if(now.entries, is_lost);
              engine_.lists.update(now);
            });
      } catch (const Error& error) {
        add("manifest list " + image_name(id), error.what(), std::string(kSetAside) + ", then make it again",
            [this, id] { set_aside(engine_.paths.list(id), "list", id); });
      }
    }
  }

  std::string image_name(const std::string& id) {
    const auto names = names_of_image(engine_.images.refs(), id);
    return names.empty() ? short_id(id) : familiar(names[0]);
  }

  // Walks the files itself: ImageStore::refs leaves out what is damaged.
  void check_refs() { check_ref_directory(engine_.paths.refs(), "", 0); }

  void check_ref_directory(const std::string& directory, const std::string& name, int depth) {
    if (depth > 140) return;
    for (const auto& entry : sys::list_directory(directory)) {
      const std::string path = directory + "/" + entry;
      if (entry == ":tags") {
        for (const auto& tag : sys::list_directory(path)) check_ref(path + "/" + tag, name + ":" + tag);
      } else if (sys::is_directory(path)) {
        check_ref_directory(path, name.empty() ? entry : name + "/" + entry, depth + 1);
      }
    }
  }

  void check_ref(const std::string& path, const std::string& name) {
    const auto remove = [path] { sys::remove_file(path); };
    if (base_is_temporary(path))
      return add("ref " + name, "a temporary file that a killed command has left", "remove it", remove);
    std::string id;
    try {
      id = sys::read_file_if_exists(path, 4096).value_or("");
    } catch (const Error& error) {
      return add("ref " + name, error.what(), std::string(kSetAside) + "; tag the image again",
                 [this, path] { set_aside(path, "ref", "of-an-image"); });
    }
    while (id.ends_with('\n')) id.pop_back();
    if (!is_full_id(id))
      return add("ref " + name, "it does not hold an image id", "remove it; tag the image again", remove);
    if (good_lists_.contains(id)) return;
    if (good_images_.count(id) == 0 || lost_images_.count(id) != 0)
      add("ref " + name, format("image {} is missing or damaged", short_id(id)),
          "remove it; pull or load the image again", remove);
  }

  static bool base_is_temporary(const std::string& path) { return path[path.rfind('/') + 1] == '.'; }

  // A pull publishes its layers before its image: young ones are left alone.
  void check_unused_layers() {
    if (any_image_damaged_) return;
    for (auto& id : store::cached_layers(engine_.paths)) used_layers_.insert(std::move(id));
    for (const auto& id : good_layers_) {
      if (used_layers_.count(id) != 0) continue;
      const auto created = parse_rfc3339(engine_.layers.get(id).created);
      if (created && now() - *created < std::chrono::hours(1)) continue;
      add("layer " + short_id(id), "no image uses it", "delete it", [this, id] {
        std::int64_t bytes = 0;
        remove_unused_layers(engine_, {id}, bytes);
      });
    }
  }

  void check_containers() {
    name_strays(engine_.paths.containers(), "container");
    for (const auto& id : engine_.containers.list()) {
      try {
        const auto record = engine_.containers.load(id);
        if (record.config.id != id)
          throw_error(ErrorKind::invalid, "its record is that of container {}", short_id(record.config.id));
        check_container(record);
      } catch (const Error& error) {
        if (!engine_.containers.has(id)) continue;  // removed while we looked
        if (engine_.containers.is_monitor_alive(id)) {
          add("container " + short_id(id), error.what(),
              format("it still runs: remove it with lichen rm -f {}", short_id(id)));
          continue;
        }
        add("container " + short_id(id), error.what(), kSetAside, [this, id] { set_container_aside(id); });
      }
    }
  }

  void check_container(const store::ContainerRecord& record) {
    const auto& config = record.config;
    const std::string object = "container " + config.name;
    if (!config.image_id.empty() &&
        (good_images_.count(config.image_id) == 0 || lost_images_.count(config.image_id) != 0))
      add(object,
          format("its image {} is missing or damaged",
                 config.image_name.empty() ? short_id(config.image_id) : config.image_name),
          "get the image again; what the container has written is kept");
    for (const auto& mount : config.mounts)
      if (mount.type == spec::MountType::volume && !engine_.volumes.has(mount.source))
        add(object, format("its volume {} is missing", mount.source),
            format("lichen volume create {} makes an empty one", mount.source));
    if (sys::read_link(engine_.paths.names() + "/" + config.name) != config.id)
      add(object, "its name does not lead to it", "give it its name again, if that is free",
          [this, name = config.name, id = config.id] {
            const std::string link = engine_.paths.names() + "/" + name;
            if (const auto holder = sys::read_link(link); holder && engine_.containers.has(*holder))
              throw_error(ErrorKind::conflict, "the name {} belongs to container {}", name, short_id(*holder));
            sys::remove_file(link);
            sys::make_symlink(id, link);
          });
  }

  void set_container_aside(const std::string& id) {
    set_aside(engine_.paths.container(id), "container", id);
    for (const auto& [name, target] : engine_.containers.names())
      if (target == id) sys::remove_file(engine_.paths.names() + "/" + name);
  }

  void check_names() {
    for (const auto& name : sys::list_directory(engine_.paths.names())) {
      const std::string link = engine_.paths.names() + "/" + name;
      const auto remove = [link] { sys::remove_file(link); };
      const auto id = sys::read_link(link);
      if (!id || !is_full_id(*id)) {
        add("name " + name, "it leads to no container id", "remove it", remove);
      } else if (!engine_.containers.has(*id) && !sys::is_locked(engine_.paths.container_marker(*id))) {
        add("name " + name, format("container {} does not exist", short_id(*id)), "remove it", remove);
      }
    }
  }

  void check_volumes() {
    for (const auto& name : sys::list_directory(engine_.paths.volumes())) {
      const std::string path = engine_.paths.volume(name);
      if (!is_valid_name(name)) {
        add("volume directory", format("'{}' is no volume", printable(path)), "look at it and remove it yourself");
        continue;
      }
      try {
        engine_.volumes.get(name);
        if (!engine_.volumes.has(name))
          add("volume " + name, "its data directory is missing", "make an empty one",
              [path] { sys::make_directory(path + "/data", 0755); });
      } catch (const Error& error) {
        if (!sys::exists(path)) continue;
        // The data is the user's: the record is written anew, the data stays where it is.
        add("volume " + name, error.what(), "write its record anew; the data stays", [this, path, name] {
          if (sys::is_directory(path + "/volume.json")) set_aside(path + "/volume.json", "volume-record", name);
          store::VolumeRecord record;
          record.name = name;
          record.created = to_rfc3339(now());
          sys::make_directory(path + "/data", 0755);
          sys::write_file_atomic(path + "/volume.json", dump_json_pretty(store::to_json(record)));
        });
      }
    }
  }

  void check_secrets() {
    for (const auto& name : engine_.secrets.list()) {
      try {
        engine_.secrets.get(name);
      } catch (const Error& error) {
        if (!engine_.secrets.has(name)) continue;
        add("secret " + name, error.what(), std::string(kSetAside) + ", then create it again",
            [this, name] { set_aside(engine_.paths.secret(name), "secret", name); });
      }
    }
  }

  // Damaged lines are left out by their reader; what is no file stops the writing of a whole day.
  void check_events() {
    for (const auto& name : sys::list_directory(engine_.paths.events())) {
      const std::string path = engine_.paths.events() + "/" + name;
      try {
        char first = 0;
        sys::read_full(sys::open_path(path, O_RDONLY | O_NONBLOCK | O_NOCTTY).get(), &first, 1);
      } catch (const Error& error) {
        add("events/" + name, error.what(), kSetAside, [this, path, name] { set_aside(path, "events", name); });
      }
    }
  }

  // Inside the user namespace everything can be read; outside, where most commands work, the mode counts.
  void check_modes() {
    const auto& paths = engine_.paths;
    check_modes_below(paths.refs(), 140);
    check_modes_below(paths.events(), 1);
    check_modes_below(paths.secrets(), 1);
    for (const auto& directory :
         {paths.images(), paths.lists(), paths.layers(), paths.containers(), paths.volumes(), paths.pods()})
      check_modes_below(directory, 2);
  }

  void check_modes_below(const std::string& directory, int depth) {
    for (const auto& name : sys::list_directory(directory)) {
      const std::string path = directory + "/" + name;
      struct stat status {};
      if (::lstat(path.c_str(), &status) != 0 || status.st_uid != ::geteuid()) continue;
      if (S_ISDIR(status.st_mode) && depth > 1) check_modes_below(path, depth - 1);
      const mode_t wanted = S_ISDIR(status.st_mode) ? 0700 : 0600;
      // At the lowest depth directories are the containers' own: their modes are what the images say.
      if (!S_ISREG(status.st_mode) && !(S_ISDIR(status.st_mode) && depth > 1)) continue;
      if ((status.st_mode & wanted & 0500) == (wanted & 0500)) continue;
      add(path.substr(engine_.paths.root().size() + 1),
          format("its mode is {:04o}: its owner cannot read it", static_cast<unsigned>(status.st_mode & 07777)),
          "let its owner read it", [path, mode = (status.st_mode & 07777) | wanted] {
            if (::chmod(path.c_str(), mode) != 0) throw_errno("set the mode of '{}'", path);
          });
    }
  }

  // What nobody holds was swept when this command entered U0; what is there still resisted, or belongs to somebody.
  void check_staging() {
    for (const auto& name : sys::list_directory(engine_.paths.staging())) {
      const std::string path = engine_.paths.staging() + "/" + name;
      if (sys::exists(path) && !sys::is_locked(path) && sys::try_lock(path, sys::LockMode::exclusive))
        add("staging/" + name, "what a killed command has left could not be removed", "remove it",
            [path] { sys::remove_tree(path); });
    }
  }

  Engine& engine_;
  bool quick_;
  bool any_image_damaged_ = false;
  std::set<std::string> good_layers_, used_layers_, good_images_, lost_images_, good_lists_;
  std::vector<StoreFinding> findings_;
};

}  // namespace

LayerProblems verify_layers(Engine& engine, const std::vector<std::string>& ids) {
  LayerProblems problems;
  if (ids.empty()) return problems;
  auto request = image_request(engine);
  request.names = ids;
  request.quiet = true;
  for (const auto& damaged : run_image_program(engine, "verify", request).images) problems[damaged.id] = damaged.name;
  return problems;
}

std::vector<StoreFinding> check_store(Engine& engine, bool quick, const VerifyLayers& verify) {
  engine.enter_userns();
  // Findings outlive the checker through its repairs: it lives as long as they do.
  const auto checker = std::make_shared<Checker>(engine, quick);
  auto findings = checker->run(verify);
  for (auto& finding : findings)
    if (finding.repair) finding.repair = [checker, repair = std::move(finding.repair)] { repair(); };
  return findings;
}

void repair_store(std::vector<StoreFinding>& findings) {
  for (auto& finding : findings) {
    if (!finding.repair) continue;
    try {
      finding.repair();
      finding.repaired = true;
    } catch (const Error& error) {
      finding.problem += format("; not repaired: {}", error.what());
    }
  }
}

}  // namespace lichen::engine
