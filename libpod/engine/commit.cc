#include "libpod/engine/commit.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/container_diff.hh"
#include "libpod/engine/container_export.hh"
#include "libpod/engine/container_status.hh"
#include "libpod/engine/events.hh"
#include "libpod/engine/image_program.hh"
#include "libpod/engine/life.hh"
#include "libpod/spec/options.hh"
#include "libpod/spec/reference.hh"
#include "libpod/store/staging.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <fcntl.h>

namespace lichen::engine {
namespace {

constexpr const char* kDefaultStop = "SIGTERM";

// Paused while it is being read; goes on whatever happens.
class Pause {
 public:
  Pause(Engine& engine, const store::ContainerRecord& record, bool wanted)
      : engine_(engine),
        id_(record.config.id),
        paused_(wanted && record.state.status == wire::ContainerStatus::running) {
    if (paused_) pause_container(engine_, id_);
  }
  ~Pause() {
    if (!paused_) return;
    try {
      unpause_container(engine_, id_);
    } catch (const Error& error) {
      log_debug("{}", error.what());  // it was killed meanwhile
    }
  }
  Pause(const Pause&) = delete;
  Pause& operator=(const Pause&) = delete;

 private:
  Engine& engine_;
  std::string id_;
  bool paused_;
};

// The image's configuration with what the container was given in its place (docker commit).
spec::ImageConfig configuration(const Engine& engine, const spec::ContainerConfig& config,
                                const CommitRequest& request) {
  spec::ImageConfig image = engine.images.config(config.image_id);
  image.entrypoint = config.entrypoint;
  image.cmd = config.command;
  image.env = config.env;
  image.user = config.user;
  image.working_dir = config.working_dir;
  image.labels = config.labels;
  image.healthcheck = config.healthcheck;
  image.exposed_ports = config.network.expose;
  std::ranges::sort(image.exposed_ports);
  for (const auto& mount : config.mounts)
    if (mount.anonymous && std::ranges::find(image.volumes, mount.destination) == image.volumes.end())
      image.volumes.push_back(mount.destination);
  std::ranges::sort(image.volumes);
  if (spec::parse_signal(image.stop_signal.empty() ? kDefaultStop : image.stop_signal).name != config.stop_signal)
    image.stop_signal = config.stop_signal;
  image.author = request.author;
  if (request.change) request.change(image);
  return image;
}

TarSelection selection_of(const std::vector<FileChange>& changes) {
  TarSelection selection;
  for (const auto& change : changes)
    (change.kind == 'D' ? selection.deleted : selection.paths).push_back(change.path.substr(1));
  return selection;
}

}  // namespace

std::string commit_container(Engine& engine, const std::string& name_or_id, const CommitRequest& request) {
  const auto record = find_container(engine, name_or_id);
  const auto& config = record.config;
  if (!config.rootfs_path.empty())
    throw Error(ErrorKind::unsupported,
                format("commit container {}: it runs on a directory of yours, not on an image", config.name))
        .with_hint(format("lichen export {} | lichen import - NAME", config.name));
  if (!request.reference.empty()) spec::parse_full_reference(request.reference);
  auto import = image_request(engine);
  import.quiet = request.quiet;
  import.base = config.image_id;
  import.reference = request.reference;
  import.message = request.message;
  import.created_by = command_text(config);
  import.config = dump_json(spec::to_json(configuration(engine, config, request)));

  engine.enter_userns();
  store::StagingDir staging(engine.paths);
  import.input = staging.path() + "/layer.tar";
  {
    const Pause pause(engine, record, request.pause);
    const auto stacks = container_stacks(engine, config);
    const auto selection = selection_of(compare_stacks(stacks.now, stacks.before, stacks.rules));
    const auto file = sys::open_path(import.input, O_WRONLY | O_CREAT | O_EXCL, 0600);
    write_container_tar(engine, record, file.get(), &selection);
  }
  const auto result = run_image_program(engine, "import", import);
  const std::string id = result.images.at(0).id;
  if (!request.iidfile.empty()) sys::write_file_atomic(request.iidfile, "sha256:" + id, 0644, sys::Durability::none);
  append_event(engine, {.type = "container",
                        .action = "commit",
                        .id = config.id,
                        .name = config.name,
                        .image = config.image_name,
                        .attributes = {{"imageID", "sha256:" + id}}});
  return id;
}

}  // namespace lichen::engine
