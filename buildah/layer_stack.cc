#include "buildah/layer_stack.hh"

#include "libpod/base/format.hh"
#include "libpod/sys/fs.hh"

#include <fcntl.h>
#include <unistd.h>

namespace lichen::buildah {

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

std::vector<std::string> LayerStack::directories() const {
  // Through /proc/PID and not /proc/self: fuse-overlayfs, a program, looks them up too.
  std::vector<std::string> directories;
  for (auto layer = layers_.rbegin(); layer != layers_.rend(); ++layer)
    directories.push_back(format("/proc/{}/fd/{}", ::getpid(), (*layer)->diff.get()));
  return directories;
}

}  // namespace lichen::buildah
