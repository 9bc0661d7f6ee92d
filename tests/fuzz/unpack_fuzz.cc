// links: image
// A hostile layer: whatever the tar says, nothing outside the layer's directory changes (the canary), and what was
// unpacked gives the same tar again.
//
// The canary stands beside the layer, where `../canary/file` and a symlink out of diff/ would lead. It is compared by
// inode, size, mode, links, times and content after each input; the folder above must hold the same names.
#include <filesystem>
#include <fstream>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "libpod/image/unpack.hh"
#include "libpod/sys/fs.hh"
#include "tests/fuzz/fuzz.hh"

namespace {

using namespace lichen;

class Canary {
 public:
  Canary() {
    char name[] = "/tmp/unpack-fuzz.XXXXXX";
    base_ = ::mkdtemp(name);
    std::filesystem::create_directories(base_ + "/canary");
    std::ofstream(base_ + "/canary/file") << "untouched";
    before_ = look();
  }
  ~Canary() { sys::remove_tree(base_); }

  std::string fresh_layer() const {
    const std::string layer = base_ + "/layer";
    if (sys::exists(layer)) sys::remove_tree(layer);
    std::filesystem::create_directory(layer);
    return layer;
  }
  bool is_untouched() const { return look() == before_; }

 private:
  std::string look() const {
    std::string text;
    for (const char* path : {"/canary", "/canary/file"}) {
      struct stat info {};
      if (::lstat((base_ + path).c_str(), &info) != 0) return "gone";
      text += format("{} {} {:o} {} {} {}.{} {}\n", info.st_ino, info.st_size, info.st_mode, info.st_nlink, info.st_uid,
                     info.st_mtim.tv_sec, info.st_mtim.tv_nsec, info.st_ctim.tv_nsec);
    }
    for (const auto& entry : std::filesystem::directory_iterator(base_ + "/canary"))
      text += entry.path().string() + "\n";
    for (const auto& entry : std::filesystem::directory_iterator(base_))
      if (entry.path().filename() != "layer" && entry.path().filename() != "canary")
        text += "new: " + entry.path().string();
    return text;
  }

  std::string base_, before_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Canary canary;
  static const sys::IdMaps maps = sys::current_maps();
  const std::string layer = canary.fresh_layer();
  fuzz::refuse_or_accept([&] {
    {
      image::JournalWriter journal(sys::open_path(layer + "/tar.journal", O_WRONLY | O_CREAT | O_EXCL, 0600));
      image::SpaceGuard space(layer, 64u << 20);
      image::MemorySource tar({data, size});
      journal.finish(image::LayerUnpacker(layer, maps, journal, space).unpack(tar));
    }
    std::string again;
    image::rebuild_tar(
        layer, [&](image::Bytes bytes) { again.append(reinterpret_cast<const char*>(bytes.data()), bytes.size()); });
    fuzz::require(again == fuzz::as_text(data, size));
  });
  fuzz::require(canary.is_untouched());
  return 0;
}
