#include "libpod/engine/vfs.hh"

#include "libpod/sys/fs.hh"

#include <fcntl.h>

namespace lichen::engine {

void copy_layers(const std::vector<std::string>& layers, const std::string& scratch, const std::string& destination,
                 const OwnerShift* shift) {
  sys::remove_tree(scratch);  // of a copy that was cut off
  sys::make_directory(scratch, 0755);
  const auto target = sys::open_path(scratch, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    const auto source = sys::open_path(*layer, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    copy_tree(source.get(), target.get(), Whiteouts::apply, *layer, shift);
  }
  sys::rename_path(scratch, destination);
}

}  // namespace lichen::engine
