#include "buildah/output.hh"

#include <algorithm>

#include "buildah/copy_files.hh"
#include "buildah/origins.hh"
#include "buildah/worker.hh"
#include "libpod/base/error.hh"
#include "libpod/engine/image_program.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/namespaces.hh"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

namespace lichen::buildah {
namespace {

void copy_to_directory(const SourceTree& tree, const std::string& directory) {
  sys::make_directories(directory, 0755);
  const sys::UniqueFd to = sys::open_path(directory, O_PATH | O_DIRECTORY);
  CopyPlan plan;
  plan.destination = "/";
  plan.owner = CopyOwner{};  // whom root inside is: the user
  FileCopier copier(to.get(), std::move(plan));
  const auto entries = find_entries(tree, "/");
  copier.copy(tree, entries.at(0), /*is_single=*/true, "/");
}

void write_tar(engine::Engine& engine, const std::string& directory, const std::string& path) {
  auto request = engine::image_request(engine);
  request.input = directory;
  request.output = path;
  request.quiet = true;
  engine::run_image_program(engine, "volume-export", request);
}

}  // namespace

bool is_files_only(const std::vector<BuildOutput>& outputs) {
  return !outputs.empty() && std::ranges::all_of(outputs, [](const BuildOutput& output) {
    return output.type == "local" || output.type == "tar";
  });
}

void write_files(engine::Engine& engine, const std::string& driver, const LayerStack& stack,
                 const BuildOutput& output) {
  const store::StagingDir workspace(engine.paths);
  const sys::UniqueFd standard_output(::fcntl(1, F_DUPFD_CLOEXEC, 3));
  sys::EventLoop loop;
  run_in_worker(loop, [&] {
    sys::unshare_namespaces(CLONE_NEWNS, "make a mount namespace");
    auto tree = mount_stack(engine, driver, stack, workspace.path() + "/root", "the result");
    tree.keeps_owners = false;
    if (output.type == "local") return copy_to_directory(tree, output.destination);
    ::dup2(standard_output.get(), 1);  // the worker's own is read by the build
    write_tar(engine, workspace.path() + "/root", output.destination);
  });
}

void write_archive(engine::Engine& engine, const std::string& image, const BuildOutput& output, bool is_list) {
  auto request = engine::image_request(engine);
  request.names = {image};
  request.all_platforms = is_list;
  request.output = output.destination;
  request.format = output.type == "oci" ? "oci-archive" : "docker-archive";
  request.quiet = true;
  engine::run_image_program(engine, "save", request);
}

}  // namespace lichen::buildah
