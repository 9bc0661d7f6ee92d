#include "buildah/layer_stack.hh"

#include "libpod/base/error.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::buildah {
namespace {

constexpr int kTries = 10;

}  // namespace

LayerPtr open_layer(const engine::Engine& engine, const std::string& chain_id) {
  auto layer = std::make_shared<Layer>();
  const auto meta = engine.layers.get(chain_id);
  layer->chain_id = chain_id;
  layer->diff_id = meta.diff_id;
  layer->tar_size = meta.tar_size;
  layer->created = meta.created;
  layer->diff = sys::open_path(engine.paths.layer_diff(chain_id), O_PATH | O_DIRECTORY);
  return layer;
}

std::optional<std::string> LayerStack::identity() const {
  if (layers_.empty()) return "";
  const std::string& id = layers_.back()->chain_id;
  return id.empty() ? std::nullopt : std::optional(id);
}

// By its name of this moment; if it is renamed in the next one, by the new name.
sys::UniqueFd open_again(int known) {
  struct stat wanted {};
  if (::fstat(known, &wanted) != 0) throw_errno("look at a directory of the build");
  for (int tries = 0; tries < kTries; ++tries) {
    const auto path = sys::read_link(sys::fd_path(known));
    if (!path) continue;
    sys::UniqueFd again(::open(path->c_str(), O_PATH | O_CLOEXEC));
    struct stat found {};
    if (again && ::fstat(again.get(), &found) == 0 && found.st_ino == wanted.st_ino && found.st_dev == wanted.st_dev)
      return again;
  }
  throw_error(ErrorKind::not_found, "a directory of the build has gone: '{}'",
              sys::read_link(sys::fd_path(known)).value_or("?"));
}

LayerStack::Directories LayerStack::directories() const {
  Directories result;
  // Through /proc/PID and not /proc/self: fuse-overlayfs, a program, looks them up too.
  for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer) {
    result.open.push_back(open_again((*layer)->diff.get()));
    result.paths.push_back(format("/proc/{}/fd/{}", ::getpid(), result.open.back().get()));
  }
  return result;
}

}  // namespace lichen::buildah
