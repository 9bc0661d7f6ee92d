#include "libpod/runtime/devices.hh"

#include <algorithm>
#include <array>
#include <optional>
#include <sstream>

#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/runtime/credentials.hh"
#include "libpod/runtime/mounts.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/mount.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace lichen::runtime {
namespace {

// The rule that a privileged container ends with.
bool allows_all(const spec::OciDeviceRule& rule) {
  const auto has = [&](char right) { return rule.access.empty() || rule.access.find(right) != std::string::npos; };
  return rule.allow && (rule.type.empty() || rule.type == "a") && rule.major.value_or(-1) < 0 &&
         rule.minor.value_or(-1) < 0 && has('r') && has('w') && has('m');
}

// user_namespaces(7): the map of the initial one is all ids on themselves.
bool in_initial_user_namespace() {
  std::istringstream map(sys::read_file("/proc/self/uid_map"));
  std::uint64_t inside = 1, outside = 1, count = 0;
  map >> inside >> outside >> count;
  return inside == 0 && outside == 0 && count == 0xFFFFFFFF;
}

struct DefaultDevice {
  const char* path;
  unsigned major, minor;
};

constexpr DefaultDevice kDefaultDevices[] = {
    {"/dev/null", 1, 3},   {"/dev/zero", 1, 5},    {"/dev/full", 1, 7},
    {"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0},
};

struct Link {
  const char* name;
  const char* target;
};

constexpr Link kLinks[] = {{"fd", "/proc/self/fd"},       {"stdin", "/proc/self/fd/0"}, {"stdout", "/proc/self/fd/1"},
                           {"stderr", "/proc/self/fd/2"}, {"core", "/proc/kcore"},      {"ptmx", "pts/ptmx"}};

mode_t file_type(char type) {
  switch (type) {
    case 'b':
      return S_IFBLK;
    case 'p':
      return S_IFIFO;
    case 'c':
    case 'u':
      return S_IFCHR;
  }
  throw_error(ErrorKind::invalid, "linux.devices: type '{}' is not one of c, u, b, p", type);
}

bool matches(int fd, mode_t type, dev_t number) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) throw_errno("look at a device");
  return (info.st_mode & S_IFMT) == type && (type == S_IFIFO || info.st_rdev == number);
}

// What the kernel calls the device with these numbers: DEVNAME in its uevent file. "" when it does not know it.
std::string kernel_name(const spec::OciDevice& device, mode_t type) {
  const auto uevent = sys::read_file_if_exists(
      format("/sys/dev/{}/{}:{}/uevent", type == S_IFBLK ? "block" : "char", device.major, device.minor));
  for (const auto& line : split(uevent.value_or(""), '\n'))
    if (line.starts_with("DEVNAME=")) return "/dev/" + line.substr(8);
  return {};
}

// A mount of the host's node: the one at the same path, else the one found by its numbers. Names only help to find it:
// what counts is what the mount is of.
sys::UniqueFd clone_host_device(const spec::OciDevice& device, mode_t type, dev_t number) {
  for (const bool by_number : {false, true}) {
    const std::string path = by_number ? kernel_name(device, type) : device.path;
    if (path.empty()) continue;
    try {
      sys::UniqueFd tree = sys::clone_mount(AT_FDCWD, path, /*recursive=*/false, path);
      if (matches(tree.get(), type, number)) return tree;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) throw;
    }
  }
  throw Error(ErrorKind::not_found, format("make device '{}': the host has no device {} {}:{} there", device.path,
                                           device.type, device.major, device.minor))
      .with_hint("device nodes cannot be made in a user namespace, only those of the host can be used");
}

class DeviceMaker {
 public:
  explicit DeviceMaker(int root) : root_(root) {}

  void make(const spec::OciDevice& device) {
    const mode_t type = file_type(device.type);
    const dev_t number = makedev(static_cast<unsigned>(device.major), static_cast<unsigned>(device.minor));
    const std::string name = base_name(device.path);
    const int parent = open_parent(parent_path(device.path));
    if ((may_make_nodes_ || type == S_IFIFO) && make_node(parent, name, device, type, number)) return;
    bind_host_device(device, parent, name, type, number);
  }

 private:
  // Most devices are in the same directory.
  int open_parent(const std::string& path) {
    if (!parent_ || parent_path_ != path) {
      parent_ = sys::make_directories_in_root(root_, path);
      parent_path_ = path;
    }
    return parent_.get();
  }

  // false when the kernel forbids nodes here, or something else has the name: then the host's is mounted over it.
  bool make_node(int parent, const std::string& name, const spec::OciDevice& device, mode_t type, dev_t number) {
    const mode_t mode = device.file_mode.value_or(0666) & 07777;
    if (::mknodat(parent, name.c_str(), type | mode, number) != 0) {
      if (errno == EPERM && type != S_IFIFO) {
        may_make_nodes_ = false;
        return false;
      }
      if (errno != EEXIST) throw_errno("make device '{}'", device.path);
      const sys::UniqueFd existing = sys::open_at(parent, name, O_PATH | O_NOFOLLOW);
      if (!matches(existing.get(), type, number)) return false;
    }
    const sys::UniqueFd node = sys::open_at(parent, name, O_PATH | O_NOFOLLOW);
    if (::fchownat(node.get(), "", device.uid.value_or(0), device.gid.value_or(0), AT_EMPTY_PATH) != 0)
      throw_errno("set the owner of '{}'", device.path);
    if (::chmod(sys::fd_path(node.get()).c_str(), mode) != 0) throw_errno("set the mode of '{}'", device.path);
    return true;
  }

  void bind_host_device(const spec::OciDevice& device, int parent, const std::string& name, mode_t type, dev_t number) {
    const sys::UniqueFd tree = clone_host_device(device, type, number);
    sys::UniqueFd target(::openat(parent, name.c_str(), O_RDONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (!target) {
      if (errno != EEXIST) throw_errno("make file '{}'", device.path);
      target = sys::make_file_in_root(root_, device.path);
    }
    sys::attach_mount(tree.get(), target.get(), device.path);
  }

  int root_;
  bool may_make_nodes_ = true;
  sys::UniqueFd parent_;
  std::string parent_path_;
};

// A file of the image with that name is replaced; a symlink that says the same stays.
void make_link(int dev, const Link& link) {
  if (::symlinkat(link.target, dev, link.name) == 0) return;
  if (errno != EEXIST) throw_errno("make symlink '/dev/{}'", link.name);
  std::array<char, PATH_MAX> text;
  const ssize_t count = ::readlinkat(dev, link.name, text.data(), text.size());
  if (count >= 0 && std::string_view(text.data(), static_cast<std::size_t>(count)) == link.target) return;
  if (count < 0 && std::string_view(link.name) != "ptmx") return;
  if (::unlinkat(dev, link.name, 0) != 0 || ::symlinkat(link.target, dev, link.name) != 0)
    throw_errno("replace '/dev/{}'", link.name);
}

// A host directory bound on /dev is used as it is.
bool dev_is_bind(const spec::OciSpec& spec) {
  return std::any_of(spec.mounts.begin(), spec.mounts.end(),
                     [](const auto& mount) { return clean_path(mount.destination) == "/dev" && is_bind(mount); });
}

}  // namespace

void make_devices(int root, const spec::OciSpec& spec) {
  DeviceMaker maker(root);
  if (spec.linux_)
    for (const auto& device : spec.linux_->devices) maker.make(device);
  if (dev_is_bind(spec)) return;
  for (const auto& device : kDefaultDevices) {
    const bool listed = spec.linux_ && std::any_of(spec.linux_->devices.begin(), spec.linux_->devices.end(),
                                                   [&](const auto& other) { return other.path == device.path; });
    if (listed) continue;
    spec::OciDevice wanted;
    wanted.path = device.path;
    wanted.major = device.major;
    wanted.minor = device.minor;
    maker.make(wanted);
  }
  const sys::UniqueFd dev = sys::make_directories_in_root(root, "/dev");
  for (const auto& link : kLinks) make_link(dev.get(), link);
}

bool needs_device_filter(const spec::OciProcess& process, const spec::OciSpec& spec, bool initial_user_namespace) {
  const auto sets = capability_sets(process);
  // Whichever set it is in: a program of root's gains what is inheritable, too (capabilities(7)).
  const std::uint64_t any = sets.bounding | sets.effective | sets.permitted | sets.inheritable | sets.ambient;
  if ((any & (std::uint64_t{1} << CAP_MKNOD)) == 0) return false;
  const auto& namespaces = spec.linux_->namespaces;
  const bool own_user_namespace =
      std::any_of(namespaces.begin(), namespaces.end(), [](const auto& one) { return one.type == "user"; });
  if (own_user_namespace || !initial_user_namespace) return false;
  const auto& resources = spec.linux_->resources;
  return !resources || resources->devices.empty() || !allows_all(resources->devices.back());
}

void refuse_unfiltered_mknod(const spec::OciProcess& process, const spec::OciSpec& spec) {
  if (!needs_device_filter(process, spec, in_initial_user_namespace())) return;
  throw Error(ErrorKind::unsupported, "CAP_MKNOD for real root: lichen-oci does not filter access to devices yet")
      .with_hint(
          "run it as an ordinary user, or without --cap-add MKNOD, or, if it may reach every device, with "
          "--privileged");
}

void mount_console(int root, int slave) {
  const sys::UniqueFd target = sys::make_file_in_root(root, "/dev/console", 0600);
  const sys::UniqueFd tree = sys::clone_mount(slave, "", /*recursive=*/false, "/dev/console");
  sys::attach_mount(tree.get(), target.get(), "/dev/console");
}

}  // namespace lichen::runtime
