#include "libpod/image/volume_tar.hh"

#include <clocale>
#include <memory>
#include <set>
#include <vector>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/path.hh"
#include "libpod/image/archive_feed.hh"
#include "libpod/image/inflate.hh"
#include "libpod/image/limits.hh"
#include "libpod/spec/userns_maps.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/mount.hh"
#include "libpod/sys/namespaces.hh"
#include "libpod/sys/output_file.hh"
#include "libpod/sys/userns.hh"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::image {
namespace {

struct FreeArchive {
  void operator()(archive* handle) const { ::archive_free(handle); }
};
using Archive = std::unique_ptr<archive, FreeArchive>;
constexpr int kBlock = 256 << 10, kTarBlock = 10240;
struct FreeEntry {
  void operator()(archive_entry* entry) const { ::archive_entry_free(entry); }
};

[[noreturn]] void fail(archive* handle, const std::string& what) {
  const char* text = ::archive_error_string(handle);
  const int error = ::archive_errno(handle);
  throw Error(error == ENOSPC || error == EIO || error == EPIPE ? ErrorKind::system : ErrorKind::invalid,
              format("{}: {}", what, text == nullptr ? "unknown error" : printable(text)), error > 0 ? error : 0);
}

void check(int code, archive* handle, const std::string& what) {
  if (code != ARCHIVE_OK && code != ARCHIVE_WARN) fail(handle, what);
}

void enter_directory(const std::string& path) {
  // Names are bytes: with this locale libarchive takes UTF-8 as it is, and says BINARY for what is none.
  std::setlocale(LC_CTYPE, "C.UTF-8");
  sys::unshare_namespaces(CLONE_NEWNS, "a mount namespace");
  sys::set_root_propagation(MS_SLAVE);
  const auto mount = sys::clone_mount(AT_FDCWD, path, /*recursive=*/true, path);
  sys::attach_mount_at(mount.get(), path);
  sys::pivot_to(sys::open_path(path, O_PATH | O_DIRECTORY).get());
}

// An owner as the container has it.
la_int64_t inside(const spec::IdMap& map, la_int64_t id) {
  return spec::to_container_id(map, static_cast<std::uint32_t>(id));
}

class Exporter {
 public:
  Exporter(int output, const wire::ImageRequest& request)
      : uids_(spec::parse_id_map(request.uid_map)),
        gids_(spec::parse_id_map(request.gid_map)),
        top_(request.names.empty() ? "." : "./" + request.names[0]),
        selected_(request.selected),
        wanted_(request.paths.begin(), request.paths.end()),
        deleted_(request.deleted),
        disk_(::archive_read_disk_new()),
        tar_(::archive_write_new()),
        links_(::archive_entry_linkresolver_new()) {
    check(::archive_read_disk_set_symlink_physical(disk_.get()), disk_.get(), "export");
    check(::archive_read_disk_set_behavior(disk_.get(), ARCHIVE_READDISK_NO_FFLAGS), disk_.get(), "export");
    check(::archive_write_set_format_pax_restricted(tar_.get()), tar_.get(), "export");
    // Few large writes; a stream still ends on tar's own block, not on ours.
    check(::archive_write_set_bytes_per_block(tar_.get(), kBlock), tar_.get(), "export");
    check(::archive_write_set_bytes_in_last_block(tar_.get(), kTarBlock), tar_.get(), "export");
    check(::archive_write_open_fd(tar_.get(), output), tar_.get(), "export");
    ::archive_entry_linkresolver_set_strategy(links_, ::archive_format(tar_.get()));
  }
  ~Exporter() { ::archive_entry_linkresolver_free(links_); }
  Exporter(const Exporter&) = delete;
  Exporter& operator=(const Exporter&) = delete;

  void run() {
    check(::archive_read_disk_open(disk_.get(), top_.c_str()), disk_.get(), "export the volume");
    const std::unique_ptr<archive_entry, FreeEntry> entry(::archive_entry_new());
    for (;;) {
      ::archive_entry_clear(entry.get());
      const int code = ::archive_read_next_header2(disk_.get(), entry.get());
      if (code == ARCHIVE_EOF) break;
      if (code == ARCHIVE_FAILED) {  // it went while we looked
        log_warn("export: {}", printable(::archive_error_string(disk_.get())));
        continue;
      }
      check(code, disk_.get(), "export the volume");
      if (leads_to_wanted(entry.get())) ::archive_read_disk_descend(disk_.get());
      if (is_wanted(entry.get())) write(entry.get());
    }
    for (const auto& path : deleted_) write_whiteout(path);
    check(::archive_write_close(tar_.get()), tar_.get(), "write the archive");
  }

 private:
  // A few files of a large tree: the rest is not even looked at.
  bool leads_to_wanted(archive_entry* entry) const {
    if (!selected_) return true;
    std::string_view name = ::archive_entry_pathname(entry) == nullptr ? "" : ::archive_entry_pathname(entry);
    if (name == ".") return true;
    if (!name.starts_with("./")) return false;
    const std::string below = std::string(name.substr(2)) + "/";
    const auto first = wanted_.lower_bound(below);
    return first != wanted_.end() && first->starts_with(below);
  }

  bool is_wanted(archive_entry* entry) const {
    if (!selected_) return true;
    const char* name = ::archive_entry_pathname(entry);
    return name != nullptr && std::string_view(name).starts_with("./") && wanted_.contains(name + 2);
  }

  // An empty file ".wh.NAME": image-spec layer.md, "Whiteouts".
  void write_whiteout(const std::string& path) {
    const std::string folder = parent_path(path);
    const std::string name = (folder.empty() || folder == "." ? "" : folder + "/") + ".wh." + base_name(path);
    const std::unique_ptr<archive_entry, FreeEntry> entry(::archive_entry_new());
    ::archive_entry_copy_pathname(entry.get(), name.c_str());
    ::archive_entry_set_filetype(entry.get(), AE_IFREG);
    ::archive_entry_set_perm(entry.get(), 0600);
    ::archive_entry_set_size(entry.get(), 0);
    check(::archive_write_header(tar_.get(), entry.get()), tar_.get(), format("export '{}'", printable(path)));
  }

  void write(archive_entry* entry) {
    if (::archive_entry_filetype(entry) == AE_IFSOCK) return;  // a tar cannot hold one; nobody listens there either
    ::archive_entry_set_uid(entry, inside(uids_, ::archive_entry_uid(entry)));
    ::archive_entry_set_gid(entry, inside(gids_, ::archive_entry_gid(entry)));
    rename(entry);
    archive_entry *now = entry, *later = nullptr;
    ::archive_entry_linkify(links_, &now, &later);
    if (now == nullptr) return;
    const char* name = ::archive_entry_pathname(now);
    const std::string what = format("export '{}'", name == nullptr ? "?" : printable(name));
    check(::archive_write_header(tar_.get(), now), tar_.get(), what);
    if (::archive_entry_size(now) > 0) write_data(now, what);
  }

  // "./etc/passwd" is etc/passwd, as docker writes it; the top itself keeps its name, for its mode and owner.
  static void rename(archive_entry* entry) {
    const char* name = ::archive_entry_pathname(entry);
    if (name == nullptr || !std::string_view(name).starts_with("./")) return;
    const std::string plain = name + 2;
    if (!plain.empty()) ::archive_entry_copy_pathname(entry, plain.c_str());
  }

  // Holes are zeros; a file that shrinks meanwhile is filled up, so that the archive stays whole.
  void write_data(archive_entry* entry, const std::string& what) {
    const void* data = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0, written = 0;
    for (;;) {
      const int code = ::archive_read_data_block(disk_.get(), &data, &size, &offset);
      if (code == ARCHIVE_EOF) break;
      check(code, disk_.get(), what);
      write_zeros(offset - written, what);
      write_bytes(data, size, what);
      written = offset + static_cast<la_int64_t>(size);
    }
    write_zeros(::archive_entry_size(entry) - written, what);
  }

  void write_zeros(la_int64_t count, const std::string& what) {
    static constexpr char kZeros[16384] = {};
    for (; count > 0; count -= static_cast<la_int64_t>(sizeof kZeros))
      write_bytes(kZeros, std::min(sizeof kZeros, static_cast<std::size_t>(count)), what);
  }

  void write_bytes(const void* data, std::size_t size, const std::string& what) {
    if (size > 0 && ::archive_write_data(tar_.get(), data, size) < 0) fail(tar_.get(), what);
  }

  spec::IdMap uids_, gids_;
  std::string top_;
  bool selected_;
  std::set<std::string> wanted_;
  std::vector<std::string> deleted_;
  Archive disk_, tar_;
  archive_entry_linkresolver* links_;
};

class Importer {
 public:
  Importer(ByteSource& tar, bool one_id) : feed_(tar), tar_(::archive_read_new()), disk_(::archive_write_disk_new()) {
    check(::archive_read_support_format_tar(tar_.get()), tar_.get(), "import");
    check_read(feed_.open(tar_.get()), "import: the archive");
    int flags = ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_XATTR | ARCHIVE_EXTRACT_UNLINK;
    // With one id mapped all files can only be the user's.
    if (!one_id) flags |= ARCHIVE_EXTRACT_OWNER;
    check(::archive_write_disk_set_options(disk_.get(), flags), disk_.get(), "import");
  }

  void run() {
    archive_entry* entry = nullptr;
    for (bool first = true;; first = false) {
      const int code = ::archive_read_next_header(tar_.get(), &entry);
      if (code == ARCHIVE_EOF && !first) break;
      if (code == ARCHIVE_EOF) throw_error(ErrorKind::invalid, "import: the archive is empty");
      check_read(code, "import: the archive");
      if (::archive_format(tar_.get()) == ARCHIVE_FORMAT_EMPTY) throw_error(ErrorKind::invalid, "import: it is no tar");
      take(entry);
    }
    check(::archive_write_close(disk_.get()), disk_.get(), "import");
  }

 private:
  static std::string relative(const char* name) {
    std::string text = name == nullptr ? "" : name;
    text.erase(0, text.find_first_not_of('/') == std::string::npos ? text.size() : text.find_first_not_of('/'));
    return text.empty() ? "." : text;
  }

  void take(archive_entry* entry) {
    const std::string name = relative(::archive_entry_pathname(entry));
    const std::string what = format("import '{}'", printable(name));
    const auto type = ::archive_entry_filetype(entry);
    if ((type == AE_IFCHR || type == AE_IFBLK) && ::archive_entry_hardlink(entry) == nullptr) {
      log_warn("{}: a device is left out: only root can make one", what);
      return;
    }
    ::archive_entry_copy_pathname(entry, name.c_str());
    if (const char* link = ::archive_entry_hardlink(entry))
      ::archive_entry_copy_hardlink(entry, relative(link).c_str());
    check_entry(::archive_write_header(disk_.get(), entry), what);
    const void* data = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    if (::archive_entry_size(entry) > 0)
      for (;;) {
        const int code = ::archive_read_data_block(tar_.get(), &data, &size, &offset);
        if (code == ARCHIVE_EOF) break;
        check_read(code, what);
        if (::archive_write_data_block(disk_.get(), data, size, offset) < ARCHIVE_WARN) fail(disk_.get(), what);
      }
    check_entry(::archive_write_finish_entry(disk_.get()), what);
  }

  void check_read(int code, const std::string& what) const {
    if (code == ARCHIVE_OK || code == ARCHIVE_WARN) return;
    try {
      feed_.rethrow();
    } catch (Error& error) {
      error.add_context(what);
      throw;
    }
    fail(tar_.get(), what);
  }

  // A warning here is an owner, a mode or an attribute that was not set: the copy would be another than the original.
  void check_entry(int code, const std::string& what) {
    if (code == ARCHIVE_OK) return;
    const int error = ::archive_errno(disk_.get());
    const char* text = ::archive_error_string(disk_.get());
    if (code == ARCHIVE_WARN && error == ENOTSUP) return;  // attributes on a file system that has none
    Error failure(error == ENOSPC ? ErrorKind::system : ErrorKind::permission,
                  format("{}: {}", what, text == nullptr ? "unknown error" : printable(text)), error);
    if (error == EINVAL || error == EPERM)
      failure.with_hint("its owner has no id here: a larger range in /etc/subuid and /etc/subgid gives more");
    throw failure;
  }

  ArchiveFeed feed_;
  Archive tar_, disk_;
};

}  // namespace

wire::ImageResult export_volume(const store::Paths&, const wire::ImageRequest& request, Progress&) {
  sys::OutputFile output(request.output);
  enter_directory(request.input);
  Exporter(output.fd(), request).run();
  output.finish(sys::Durability::none);
  return {};
}

wire::ImageResult import_volume(const store::Paths&, const wire::ImageRequest& request, Progress&) {
  const sys::UniqueFd file =
      request.input == "-" ? sys::UniqueFd() : sys::open_path(request.input, O_RDONLY | O_NOCTTY);
  const auto maps = sys::current_maps();
  const bool one_id = maps.uids.size() == 1 && maps.uids[0].count == 1;
  enter_directory(request.output);
  ::umask(0);
  FdSource compressed(file ? file.get() : STDIN_FILENO, file ? request.input : "standard input");
  // No limit of growth: a volume is the user's own data, and disk images are mostly holes.
  const auto tar = decompress(compressed, Allowed::archives, kUnknownSize);
  Importer(*tar, one_id).run();
  return {};
}

}  // namespace lichen::image
