#include "libpod/image/archive_writer.hh"

#include <array>
#include <cstring>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/path.hh"
#include "libpod/image/tar_header.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/output_file.hh"

#include <fcntl.h>
#include <unistd.h>

namespace lichen::image {
namespace {

constexpr std::uint64_t kRecord = 20 * kTarBlock;  // tar(1) pads to this

TarBlock make_header(const std::string& name, std::uint64_t size) {
  LICHEN_ASSERT(name.size() <= 100);
  TarBlock block{};
  std::memcpy(block.data(), name.data(), name.size());
  put_tar_octal(block, 100, 8, 0644);
  put_tar_octal(block, 108, 8, 0);
  put_tar_octal(block, 116, 8, 0);
  if (size < (std::uint64_t{1} << 33)) {
    put_tar_octal(block, 124, 12, size);
  } else {  // base-256 (GNU tar manual, "Basic Tar Format")
    block[124] = 0x80;
    for (std::size_t i = 0; i < 8; ++i) block[135 - i] = static_cast<std::uint8_t>(size >> (8 * i));
  }
  put_tar_octal(block, 136, 12, 0);
  block[156] = '0';
  finish_tar_header(block);
  return block;
}

class TarWriter : public ArchiveWriter {
 public:
  explicit TarWriter(const std::string& path) : file_(path) {
    if (::isatty(file_.fd()) == 1)
      throw Error(ErrorKind::usage, format("save to {}: it is a terminal", file_.name()))
          .with_hint("give a file with -o, or redirect standard output");
  }

  using ArchiveWriter::add;
  void add(const std::string& name, std::uint64_t size, const std::function<void(const ByteSink&)>& feed) override {
    write(make_header(name, size));
    const std::uint64_t before = written_;
    feed([this](Bytes data) { write(data); });
    if (written_ - before != size)
      throw_error(ErrorKind::internal, "save '{}': {} bytes instead of {}", name, written_ - before, size);
    pad(kTarBlock);
  }
  void finish() override {
    static constexpr std::array<std::uint8_t, 2 * kTarBlock> kEnd{};
    write(kEnd);
    pad(kRecord);
    file_.finish(sys::Durability::synced);
  }

 private:
  void write(Bytes data) {
    sys::write_all(file_.fd(), {reinterpret_cast<const char*>(data.data()), data.size()}, file_.name());
    written_ += data.size();
  }
  void pad(std::uint64_t unit) {
    const std::vector<std::uint8_t> zeros(static_cast<std::size_t>((unit - written_ % unit) % unit));
    write(zeros);
  }

  sys::OutputFile file_;
  std::uint64_t written_ = 0;
};

class DirectoryWriter : public ArchiveWriter {
 public:
  explicit DirectoryWriter(const std::string& path) : path_(clean_path(path)) {
    if (sys::exists(path_) && (!sys::is_directory(path_) || !sys::list_directory(path_).empty()))
      throw Error(ErrorKind::conflict, format("save to '{}': it is there and not an empty directory", path_))
          .with_hint("choose another name, or remove it first");
    temporary_ = parent_path(path_) + "/." + base_name(path_) + "." + random_hex(8);
    sys::make_directory(temporary_, 0755);
  }
  ~DirectoryWriter() override {
    if (temporary_.empty()) return;
    try {
      sys::remove_tree(temporary_);
    } catch (const Error&) {  // nothing more can be done about it here
    }
  }

  using ArchiveWriter::add;
  void add(const std::string& name, std::uint64_t size, const std::function<void(const ByteSink&)>& feed) override {
    const std::string path = temporary_ + "/" + name;
    sys::make_directories(parent_path(path), 0755);
    const auto fd = sys::open_path(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644);
    std::uint64_t written = 0;
    feed([&](Bytes data) {
      sys::write_all(fd.get(), {reinterpret_cast<const char*>(data.data()), data.size()}, path);
      written += data.size();
    });
    if (written != size) throw_error(ErrorKind::internal, "save '{}': {} bytes instead of {}", name, written, size);
  }
  void finish() override {
    sys::sync_file_system(temporary_);
    sys::rename_path(temporary_, path_);  // over an empty directory too (rename(2))
    temporary_.clear();
  }

 private:
  std::string path_, temporary_;
};

}  // namespace

void ArchiveWriter::add(const std::string& name, std::string_view text) {
  add(name, text.size(),
      [&](const ByteSink& sink) { sink(Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size())); });
}

std::unique_ptr<ArchiveWriter> make_tar_writer(const std::string& path) { return std::make_unique<TarWriter>(path); }
std::unique_ptr<ArchiveWriter> make_directory_writer(const std::string& path) {
  return std::make_unique<DirectoryWriter>(path);
}

}  // namespace lichen::image
