#include "libpod/engine/container_copy.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/container_view.hh"
#include "libpod/engine/image_program.hh"
#include "libpod/engine/transfer.hh"
#include "libpod/engine/volume_owner.hh"
#include "libpod/spec/userns_maps.hh"
#include "libpod/store/staging.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

constexpr int kMaxLinks = 40;  // as the kernel follows
constexpr int kOpenDirectory = O_RDONLY | O_DIRECTORY;

// One end: a root and a path in it.
struct Side {
  sys::UniqueFd root;
  std::string path;  // absolute, as it was meant: trailing slashes and "/." count
  std::string container;
  spec::ContainerConfig config;
};

bool ends_as_directory(const std::string& path) {
  return path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
}

// Without trailing slashes and "/.": the entry itself.
std::string entry_path(std::string path) {
  while (path.size() > 1 && (path.ends_with('/') || path.ends_with("/."))) path.resize(path.size() - 1);
  return path;
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

[[noreturn]] void throw_missing(const Side& side, const std::string& path) {
  if (side.container.empty())
    throw Error(ErrorKind::not_found, format("lstat {}: no such file or directory", printable(path))).with_exit_code(1);
  throw Error(ErrorKind::not_found,
              format("Could not find the file {} in container {}", printable(path), side.container))
      .with_exit_code(1);
}

[[noreturn]] void throw_not_directory(const std::string& path) {
  throw Error(ErrorKind::conflict, format("not a directory: {}", printable(path))).with_exit_code(1);
}

struct Source {
  sys::UniqueFd open;  // a directory, or a file behind a symlink that is followed; else by name in `parent`
  sys::UniqueFd parent;
  std::string name;  // what a copy is called in a directory
  bool is_directory = false;
  bool content_only = false;  // "dir/.": what is in it
};

Source find_source(const Side& side, bool follow) {
  Source source;
  const std::string entry = entry_path(side.path);
  source.name = base_name(entry);
  source.content_only = side.path.ends_with("/.") || entry == "/" || source.name == "..";
  const bool as_directory = ends_as_directory(side.path) || source.content_only;
  struct stat info {};
  if (as_directory || follow) {
    auto found = sys::open_in_root_if_exists(side.root.get(), entry, O_PATH);
    if (!found) throw_missing(side, side.path);
    if (::fstat(found->get(), &info) != 0) throw_errno("look at '{}'", entry);
    source.is_directory = S_ISDIR(info.st_mode);
    if (as_directory && !source.is_directory) throw_not_directory(side.path);
    if (source.is_directory) {
      source.open = sys::open_at(found->get(), ".", kOpenDirectory);
      return source;
    }
    if (S_ISREG(info.st_mode)) {
      source.open = sys::open_path(sys::fd_path(found->get()), O_RDONLY | O_NONBLOCK | O_NOCTTY);
      return source;
    }
  }
  auto parent = sys::open_in_root_if_exists(side.root.get(), parent_of(entry), kOpenDirectory);
  if (!parent || ::fstatat(parent->get(), source.name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0)
    throw_missing(side, side.path);
  source.parent = *std::move(parent);
  source.is_directory = S_ISDIR(info.st_mode);
  if (source.is_directory) source.open = sys::open_at(source.parent.get(), source.name, kOpenDirectory | O_NOFOLLOW);
  return source;
}

struct Target {
  sys::UniqueFd directory;  // where the copy goes to
  std::string name;         // as what; empty: into it
  bool exists = false;
};

// A symlink as the target is followed, also one to nothing (docker makes the file that it points to). Each step is
// resolved from the root again, so that a link that is swapped meanwhile leads nowhere else.
Target find_target(const Side& side) {
  std::string path = side.path;
  for (int links = 0; links < kMaxLinks; ++links) {
    if (auto directory = sys::open_in_root_if_exists(side.root.get(), path, kOpenDirectory))
      return {*std::move(directory), "", true};
    const std::string entry = entry_path(path);
    auto parent = sys::open_in_root_if_exists(side.root.get(), parent_of(entry), kOpenDirectory);
    if (!parent) {
      if (!side.container.empty()) throw_missing(side, parent_of(entry));
      throw Error(ErrorKind::not_found,
                  format("invalid output path: directory \"{}\" does not exist", printable(parent_of(entry))))
          .with_exit_code(1);
    }
    struct stat info {};
    const std::string name = base_name(entry);
    const bool exists = ::fstatat(parent->get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
    if (!exists || !S_ISLNK(info.st_mode)) return {*std::move(parent), name, exists};
    char text[PATH_MAX];
    const ssize_t length = ::readlinkat(parent->get(), name.c_str(), text, sizeof text);
    if (length <= 0 || length == static_cast<ssize_t>(sizeof text)) continue;  // it has changed
    const std::string link(text, static_cast<std::size_t>(length));
    path = (link.starts_with('/') ? link : parent_of(entry) + "/" + link) + path.substr(entry.size());
  }
  throw Error(ErrorKind::conflict, format("'{}': too many levels of symbolic links", printable(side.path)))
      .with_exit_code(1);
}

Side open_side(Engine& engine, const CopyPlace& place, ViewMode mode) {
  Side side;
  side.path = place.path;
  if (!place.container.empty()) {
    const auto record = find_container(engine, place.container);
    side.container = record.config.name;
    side.config = record.config;
    side.root = open_container_root(engine, record, mode);
    return side;
  }
  if (!side.path.starts_with('/')) {
    char here[PATH_MAX];
    if (::getcwd(here, sizeof here) == nullptr) throw_errno("find the working directory");
    side.path = std::string(here) + "/" + side.path;
  }
  side.root = sys::open_path("/", O_PATH | O_DIRECTORY);
  return side;
}

void copy_found(const Source& source, Target& target, const Side& to, Transfer& transfer, sys::UniqueFd opened) {
  const bool into = target.exists && target.name.empty();
  if (into && source.content_only) return transfer.merge(opened.get(), target.directory.get(), source.name);
  if (!into && target.exists && source.is_directory)
    throw Error(ErrorKind::conflict, format("cannot copy directory: '{}' is a file", printable(to.path)))
        .with_exit_code(1);
  if (!into && !source.is_directory && ends_as_directory(to.path)) {
    if (target.exists) throw_not_directory(to.path);
    throw Error(ErrorKind::not_found, format("no such directory: {}", printable(to.path))).with_exit_code(1);
  }
  const std::string name = into ? source.name : target.name;
  if (opened)
    transfer.copy_open(std::move(opened), source.name, target.directory.get(), name);
  else
    transfer.copy(source.parent.get(), source.name, target.directory.get(), name);
}

// Docker's promise: without -a all belongs to the target's root. A map of one id has nobody else.
TransferRules owners_for(const Side& to, const CopyRequest& request) {
  TransferRules rules{.set_owner = {}, .overwrite = request.overwrite};
  const auto maps = sys::current_maps();
  const bool one_id = maps.single_id();
  const HostOwner root = to.container.empty() ? HostOwner{} : host_owner(to.config, 0, 0);
  const bool keep = request.archive && !one_id;
  rules.set_owner = [keep, root](struct stat& info) {
    if (keep) return;
    info.st_uid = root.uid;
    info.st_gid = root.gid;
  };
  return rules;
}

// A file of the host inherits no descriptor limit of a login shell: a level of the walk holds two.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// The numbers in the archive are those of the container.
std::uint64_t copy_from_stream(Engine& engine, const CopyRequest& request) {
  engine.enter_userns();
  const store::StagingDir staging(engine.paths);
  const std::string tree = staging.path() + "/tree";
  sys::make_directory(tree, 0755);
  auto image = image_request(engine);
  image.input = "-";
  image.output = tree;
  run_image_program(engine, "volume-import", image);
  const auto unpacked = sys::open_path(tree, kOpenDirectory);
  const Side to = open_side(engine, request.to, ViewMode::write);
  Target target = find_target(to);
  if (!target.name.empty()) {
    if (!target.exists) throw_missing(to, to.path);
    throw Error(ErrorKind::conflict, "extraction point is not a directory").with_exit_code(1);
  }
  TransferRules rules{.set_owner = {}, .overwrite = request.overwrite};
  rules.set_owner = [&](struct stat& info) {
    const HostOwner owner = host_owner(to.config, info.st_uid, info.st_gid);
    info.st_uid = owner.uid;
    info.st_gid = owner.gid;
  };
  Transfer transfer(std::move(rules));
  transfer.merge(unpacked.get(), target.directory.get(), "archive");
  return transfer.bytes();
}

std::uint64_t copy_to_stream(Engine& engine, const CopyRequest& request) {
  const Side from = open_side(engine, request.from, ViewMode::read);
  Source source = find_source(from, request.follow);
  const store::StagingDir staging(engine.paths);
  const std::string tree = staging.path() + "/tree";
  sys::make_directory(tree, 0755);
  const auto directory = sys::open_path(tree, kOpenDirectory);
  const bool one_id = sys::current_maps().single_id();
  TransferRules rules{.set_owner = {}, .overwrite = false};
  rules.set_owner = [&](struct stat& info) {
    info.st_uid = one_id ? 0 : spec::to_container_id(from.config.uid_map, info.st_uid);
    info.st_gid = one_id ? 0 : spec::to_container_id(from.config.gid_map, info.st_gid);
  };
  Transfer transfer(std::move(rules));
  if (source.content_only)
    transfer.merge(source.open.get(), directory.get(), from.path);
  else if (source.open)
    transfer.copy_open(std::move(source.open), source.name, directory.get(), source.name);
  else
    transfer.copy(source.parent.get(), source.name, directory.get(), source.name);
  auto image = image_request(engine);
  image.input = tree;
  image.output = "-";
  if (!source.content_only) image.names = {source.name};
  run_image_program(engine, "volume-export", image);
  return transfer.bytes();
}

}  // namespace

CopyPlace parse_copy_place(const std::string& word) {
  const auto pair = cut(word, ':');
  if (word.starts_with('/') || !pair || pair->first.empty() || pair->first.starts_with('.')) return {"", word};
  if (pair->second.empty())
    throw Error(ErrorKind::usage, format("'{}': a path in the container is missing", printable(word)))
        .with_hint("write " + pair->first + ":/ for its root");
  return {pair->first, pair->second.starts_with('/') ? pair->second : "/" + pair->second};
}

std::uint64_t copy_files(Engine& engine, const CopyRequest& request) {
  if (request.from.container.empty() && request.to.container.empty())
    throw Error(ErrorKind::usage, "must specify at least one container source").with_exit_code(1);
  raise_descriptor_limit();
  if (request.from.is_stream()) return copy_from_stream(engine, request);
  if (request.to.is_stream()) return copy_to_stream(engine, request);
  engine.enter_userns();
  const Side from = open_side(engine, request.from, ViewMode::read);
  const Side to = open_side(engine, request.to, ViewMode::write);
  Source source = find_source(from, request.follow);
  Target target = find_target(to);
  Transfer transfer(owners_for(to, request));
  sys::UniqueFd opened = std::move(source.open);
  copy_found(source, target, to, transfer, std::move(opened));
  return transfer.bytes();
}

}  // namespace lichen::engine
