#include "buildah/squash.hh"

#include <map>

#include "buildah/image_result.hh"
#include "buildah/layer_service.hh"
#include "buildah/step_cache.hh"
#include "buildah/worker.hh"
#include "libpod/base/error.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/rootfs.hh"
#include "libpod/sys/copy_file.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/mount.hh"
#include "libpod/sys/namespaces.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace lichen::buildah {
namespace {

constexpr std::chrono::milliseconds kTick{100};
constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
// overlayfs' opaque directory in a user namespace (Documentation/filesystems/overlayfs.rst, "userxattr").
constexpr const char* kOpaque = "user.overlay.opaque";

// One layer's changes onto the mount. Names are a container's: each is opened beneath its directory, never followed.
class Player {
 public:
  void play(int layer, int root) { merge(layer, root); }

 private:
  static bool is_whiteout(const struct stat& info) { return S_ISCHR(info.st_mode) && info.st_rdev == ::makedev(0, 0); }

  static struct stat look(int directory, const std::string& name) {
    struct stat info {};
    if (::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) throw_errno("look at '{}'", name);
    return info;
  }

  void merge(int from, int to) {
    for (const auto& name : sys::list_directory_at(from, "a layer")) {
      const struct stat info = look(from, name);
      if (is_whiteout(info)) {
        sys::remove_tree_at(to, name);
        continue;
      }
      if (S_ISDIR(info.st_mode))
        merge_directory(from, to, name, info);
      else
        put(from, to, name, info);
    }
  }

  void merge_directory(int from, int to, const std::string& name, const struct stat& info) {
    const sys::UniqueFd source = sys::open_at(from, name, kDirectory);
    struct stat found {};
    const bool is_there = ::fstatat(to, name.c_str(), &found, AT_SYMLINK_NOFOLLOW) == 0;
    if (is_there && (!S_ISDIR(found.st_mode) || sys::has_xattr(source.get(), kOpaque, "y")))
      sys::remove_tree_at(to, name);
    if (::mkdirat(to, name.c_str(), 0700) != 0 && errno != EEXIST) throw_errno("make directory '{}'", name);
    const sys::UniqueFd target = sys::open_at(to, name, kDirectory);
    merge(source.get(), target.get());
    sys::copy_metadata(source.get(), info, target.get(), name);  // last: what is made in it changes its time
  }

  void put(int from, int to, const std::string& name, const struct stat& info) {
    sys::remove_tree_at(to, name);
    if (info.st_nlink > 1) {  // the same file under several names, within the layer
      const auto known = links_.find({info.st_dev, info.st_ino});
      if (known != links_.end()) {
        if (::linkat(AT_FDCWD, sys::fd_path(known->second.get()).c_str(), to, name.c_str(), AT_SYMLINK_FOLLOW) != 0)
          throw_errno("link '{}'", name);
        return;
      }
    }
    make(from, to, name, info);
    const sys::UniqueFd source = sys::open_at(from, name, O_PATH | O_NOFOLLOW);
    sys::UniqueFd made = sys::open_at(to, name, O_PATH | O_NOFOLLOW);
    sys::copy_metadata(source.get(), info, made.get(), name);
    if (info.st_nlink > 1) links_.emplace(std::pair{info.st_dev, info.st_ino}, std::move(made));
  }

  static void make(int from, int to, const std::string& name, const struct stat& info) {
    if (S_ISLNK(info.st_mode)) {
      if (::symlinkat(sys::read_link_at(from, name).c_str(), to, name.c_str()) != 0)
        throw_errno("make symlink '{}'", name);
    } else if (S_ISREG(info.st_mode)) {
      const sys::UniqueFd source = sys::open_at(from, name, O_RDONLY | O_NOFOLLOW);
      const sys::UniqueFd file = sys::open_at(to, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
      sys::copy_file_data(source.get(), file.get(), info.st_size, name);
    } else if (::mknodat(to, name.c_str(), info.st_mode & (S_IFMT | 0700), info.st_rdev) != 0) {
      throw_errno("make '{}'", name);
    }
  }

  std::map<std::pair<dev_t, ino_t>, sys::UniqueFd> links_;
};

void play_layers(const engine::Engine& engine, const std::string& driver, const LayerStack& below,
                 const LayerStack& layers, const std::string& upper, const std::string& workspace) {
  sys::unshare_namespaces(CLONE_NEWNS, "make a mount namespace");
  ::umask(0);
  const std::string rootfs = workspace + "/rootfs";
  for (const auto& path : {rootfs, workspace + "/work"}) sys::make_directory(path, 0755);
  const auto directories = below.directories();
  auto lower = directories.paths;
  if (lower.empty()) lower.push_back(engine::empty_layer(engine));
  engine::mount_layers(engine, driver,
                       {.lower = lower, .upper = upper, .work = workspace + "/work", .volatile_upper = true}, rootfs);
  {
    const sys::UniqueFd root = sys::open_path(rootfs, kDirectory);
    for (const auto& layer : layers.layers()) {
      const sys::UniqueFd diff = open_again(layer->diff.get());
      const sys::UniqueFd readable = sys::open_at(diff.get(), ".", kDirectory);
      Player().play(readable.get(), root.get());
    }
    const auto& top = layers.layers().back()->diff;
    struct stat info {};
    if (::fstat(top.get(), &info) != 0) throw_errno("look at a layer");
    sys::copy_metadata(open_again(top.get()).get(), info, root.get(), "/");
  }
  ::umount2(rootfs.c_str(), MNT_DETACH);
}

// nullptr: nothing is left of what they changed.
LayerPtr make_layer(engine::Engine& engine, const std::string& driver, const BuildOptions& options,
                    const LayerStack& below, const LayerStack& layers) {
  sys::EventLoop loop;
  auto staging = std::make_unique<store::StagingDir>(engine.paths);
  const store::StagingDir workspace(engine.paths);
  const std::string upper = staging->path() + "/diff";
  engine::make_upper(upper,
                     below.empty() ? engine::empty_layer(engine) : sys::fd_path(below.layers().back()->diff.get()));
  run_in_worker(loop, [&] { play_layers(engine, driver, below, layers, upper, workspace.path()); });
  if (sys::list_directory(upper).empty()) return nullptr;
  auto layer = std::make_shared<Layer>();
  layer->diff = sys::open_path(upper, O_PATH | O_DIRECTORY);
  layer->created = options.epoch ? epoch_text(*options.epoch) : to_rfc3339(now());
  layer->staging = std::move(staging);
  std::optional<Error> failure;
  LayerService service(
      engine, loop, [](const LayerPtr&) {}, [&](const Error& error) { failure = error; });
  service.order(layer, below.empty() ? nullptr : below.layers().back(), options.epoch);
  while (!failure && !service.is_idle()) loop.step(kTick);
  if (failure) throw *failure;
  return layer;
}

void change_history(StageState& state, bool all, std::size_t count, bool has_layer) {
  for (auto& entry : state.config.history)
    if (all || entry.created.empty()) entry.empty_layer = true;
  add_history(state, "", has_layer);
  state.config.history.back().comment = format("lichen: {} layers in one", count);
}

}  // namespace

void squash_layers(engine::Engine& engine, const std::string& driver, const BuildOptions& options, StageState& state) {
  const auto& all = state.stack.layers();
  const std::size_t kept = options.squash_all ? 0 : std::min(state.base_layers, all.size());
  if (all.size() - kept < 2) return;
  LayerStack below, layers;
  for (std::size_t i = 0; i < all.size(); ++i) (i < kept ? below : layers).push(all[i]);
  const std::string parent = below.identity().value();
  const StepCache cache(engine.paths, engine.layers);
  StepKey key;
  key.add("kind", "squash");
  key.add("parent", parent);
  key.add("layers", state.stack.identity().value());
  key.add("epoch", options.epoch ? format("{}", *options.epoch) : "");
  const std::size_t count = layers.layers().size();
  const auto known = options.no_cache ? std::nullopt : cache.find(key, parent);
  const LayerPtr layer = !known             ? make_layer(engine, driver, options, below, layers)
                         : *known == parent ? nullptr
                                            : open_layer(engine, *known);
  if (layer) below.push(layer);
  if (!known) cache.remember(key, parent, below.identity().value());
  state.stack = std::move(below);
  change_history(state, options.squash_all, count, layer != nullptr);
}

}  // namespace lichen::buildah
