#include "buildah/origins.hh"

#include "libpod/base/error.hh"
#include "libpod/engine/rootfs.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>

namespace lichen::buildah {
namespace {

constexpr std::string_view kImage = "docker-image://", kStoreImage = "container-image://";
constexpr std::size_t kMaxIgnoreFile = 1 << 20;

std::shared_ptr<SourceTree> open_directory(const std::string& path, const std::string& name) {
  auto tree = std::make_shared<SourceTree>();
  tree->root = sys::open_path(path, O_RDONLY | O_DIRECTORY);
  tree->name = name;
  return tree;
}

}  // namespace

Contexts::Contexts(const BuildOptions& options, const std::string& main_directory, const std::string& ignore_text,
                   const std::string& ignore_name)
    : options_(options) {
  auto tree = open_directory(main_directory, "the build context");
  tree->ignored = language::IgnoreRules(ignore_text, ignore_name);
  trees_[""] = std::move(tree);
}

std::string Contexts::image_of(const std::string& name) const {
  const auto found = options_.contexts.find(name);
  if (found == options_.contexts.end()) return "";
  for (const auto prefix : {kImage, kStoreImage})
    if (found->second.starts_with(prefix)) return found->second.substr(prefix.size());
  return "";
}

std::shared_ptr<const SourceTree> Contexts::find(const std::string& name) {
  if (const auto known = trees_.find(name); known != trees_.end()) return known->second;
  if (!image_of(name).empty()) return nullptr;
  LICHEN_ASSERT(!awaited(name));
  const std::string& place = options_.contexts.at(name);
  auto tree = open_directory(place, format("the build context '{}'", name));
  const auto text = sys::read_file_if_exists(place + "/.dockerignore", kMaxIgnoreFile);
  if (text) tree->ignored = language::IgnoreRules(*text, place + "/.dockerignore");
  return trees_[name] = std::move(tree);
}

std::optional<language::RemotePlace> Contexts::awaited(const std::string& name) const {
  const auto found = options_.contexts.find(name);
  if (found == options_.contexts.end() || trees_.contains(name) || !image_of(name).empty()) return std::nullopt;
  try {
    return language::parse_remote(found->second, language::RemoteUse::context);
  } catch (Error& error) {
    error.add_context(format("--build-context {}", name));
    throw;
  }
}

void Contexts::bring(const std::string& name, const std::string& directory) {
  auto tree = open_directory(directory, format("the build context '{}'", name));
  // Not ours: no symlink of it leads out.
  const auto file = sys::open_in_root_if_exists(tree->root.get(), ".dockerignore", O_RDONLY | O_NONBLOCK);
  struct stat info {};
  if (file && ::fstat(file->get(), &info) == 0 && S_ISREG(info.st_mode))
    tree->ignored = language::IgnoreRules(sys::read_all(file->get(), ".dockerignore", kMaxIgnoreFile),
                                          format("{}/.dockerignore", name));
  trees_[name] = std::move(tree);
}

SourceTree mount_stack(const engine::Engine& engine, const std::string& driver, const LayerStack& stack,
                       const std::string& place, const std::string& name) {
  sys::make_directory(place, 0755);
  const auto directories = stack.directories();
  engine::mount_layers(engine, driver, {.lower = directories.paths, .upper = "", .work = ""}, place);
  SourceTree tree;
  tree.root = sys::open_path(place, O_RDONLY | O_DIRECTORY);
  tree.keeps_owners = true;
  tree.name = name;
  return tree;
}

}  // namespace lichen::buildah
