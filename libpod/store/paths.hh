// Every path that lichen writes, in one place. See design section 4 and this folder's README.
//
// clang-format off: the columns below stay as they are.
//   <root>/                      ~/.local/share/lichen   (--root, LICHEN_ROOT)
//     staging/<random>/          half-made objects; flocked by their maker
//     staging/c-<id>             marker: container <id> is being made; flocked by its maker, then by its monitor
//     staging/r-<id>             marker: container <id> goes with its process (--rm), its records are not synced
//     layers/<chain-id>/         diff/  meta.json  tar.journal  (with keep_blobs the compressed form too)
//     images/<image-id>/         config.json  manifest.json  meta.json
//     lists/<list-id>/           list.json: images for several platforms under one name
//     refs/<host>/<repo...>/:tags/<tag>    file with the id of an image or list   (":tags" cannot be a repository
//     component) containers/<id>/           config.json  state.json  spec.json  rw/{diff,work}  rootfs/ (mount point)
//     names/<name>               symlink to the container id
//     volumes/<name>/            data/  volume.json
//     secrets/<name>             record and value
//     networks/<name>/           network.json  leases/<address>, a symlink to the container id
//     pods/<id>/                 config.json  rootfs/ (the holder's "/")
//     pod-names/<name>           symlink to the pod id
//     events/YYYYMMDD.jsonl
//     cache/                     what can be made anew
//     build/steps/<key>          symlink to the chain id of the layer that a build step has made (step_cache.hh)
//     build/mounts/<key>/        data/ of RUN --mount=type=cache
//     set-aside/                 damaged objects, moved here by `system check --repair`
//   <run>/                       $XDG_RUNTIME_DIR/lichen, or the private directory of runtime_dir.hh
//     <boot-id>/containers/<id>/ monitor.lock  ctl.sock  init.pid; bundle's runtime state below oci/
//     <boot-id>/pods/<id>/       members.lock (exit policy stop)
//     <boot-id>/hub/             the network hub's (wire/hub_protocol.hh)
//     <boot-id>/userns/<pid>     registration of a process that lives in U0 (engine/userns)
//     <boot-id>/port-range.lock  held while a host port of a range is chosen and opened
//     <boot-id>/compose-<project>.lock  held by the `compose up` that is at work
//     userns.lock                held while U0 is made
// clang-format on
#pragma once

#include <string>

namespace lichen::store {

class Paths {
 public:
  /// @param root      absolute; made (0700) with its folders by make()
  /// @param run       absolute; without the boot id
  /// @param boot_id   sys::boot_id()
  Paths(std::string root, std::string run, std::string boot_id);

  const std::string& root() const { return root_; }
  const std::string& run() const { return run_; }
  const std::string& boot_id() const { return boot_id_; }
  /// <run>/<boot-id>
  std::string boot_dir() const { return run_ + "/" + boot_id_; }

  std::string staging() const { return root_ + "/staging"; }
  std::string layers() const { return root_ + "/layers"; }
  std::string layer(const std::string& chain_id) const { return layers() + "/" + chain_id; }
  std::string layer_diff(const std::string& chain_id) const { return layer(chain_id) + "/diff"; }
  std::string images() const { return root_ + "/images"; }
  std::string image(const std::string& id) const { return images() + "/" + id; }
  std::string lists() const { return root_ + "/lists"; }
  std::string list(const std::string& id) const { return lists() + "/" + id; }
  std::string refs() const { return root_ + "/refs"; }
  std::string containers() const { return root_ + "/containers"; }
  std::string container(const std::string& id) const { return containers() + "/" + id; }
  std::string container_marker(const std::string& id) const { return staging() + "/c-" + id; }
  std::string passing_marker(const std::string& id) const { return staging() + "/r-" + id; }
  std::string names() const { return root_ + "/names"; }
  std::string volumes() const { return root_ + "/volumes"; }
  std::string volume(const std::string& name) const { return volumes() + "/" + name; }
  std::string secrets() const { return root_ + "/secrets"; }
  std::string secret(const std::string& name) const { return secrets() + "/" + name; }
  std::string networks() const { return root_ + "/networks"; }
  std::string network(const std::string& name) const { return networks() + "/" + name; }
  std::string pods() const { return root_ + "/pods"; }
  std::string pod(const std::string& id) const { return pods() + "/" + id; }
  /// The holder's "/": a directory in which only mount points are.
  std::string pod_rootfs(const std::string& id) const { return pod(id) + "/rootfs"; }
  std::string pod_names() const { return root_ + "/pod-names"; }
  std::string events() const { return root_ + "/events"; }
  std::string set_aside() const { return root_ + "/set-aside"; }
  std::string cache() const { return root_ + "/cache"; }
  std::string build() const { return root_ + "/build"; }

  std::string container_run(const std::string& id) const { return boot_dir() + "/containers/" + id; }
  std::string pod_run(const std::string& id) const { return boot_dir() + "/pods/" + id; }
  /// The network hub's (wire/hub_protocol.hh).
  std::string hub() const { return boot_dir() + "/hub"; }
  std::string oci_root() const { return boot_dir() + "/oci"; }
  std::string userns_members() const { return boot_dir() + "/userns"; }
  std::string userns_lock() const { return run_ + "/userns.lock"; }
  std::string port_range_lock() const { return boot_dir() + "/port-range.lock"; }
  /// Held by the one `compose up` of a project that is at work.
  std::string project_lock(const std::string& project) const { return boot_dir() + "/compose-" + project + ".lock"; }

  /// Make the top folders that are missing. Cheap when they are there (one stat each). @return true for the first of a
  /// boot
  bool make() const;

 private:
  std::string root_, run_, boot_id_;
};

}  // namespace lichen::store
