#include "buildah/build.hh"

#include <sys/resource.h>

#include "buildah/builder.hh"
#include "buildah/image_result.hh"
#include "buildah/language/parse.hh"
#include "buildah/output.hh"
#include "libpod/base/error.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/rootfs.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <fcntl.h>
#include <unistd.h>

namespace lichen::buildah {
namespace {

constexpr std::size_t kMaxDockerfile = 1 << 20;

bool is_remote(const std::string& context) {
  return context.find("://") != std::string::npos || context.starts_with("git@") || context.starts_with("github.com/");
}

// Podman's order. A name of --file is looked for from where the user stands, then in the context.
std::string find_dockerfile(const BuildOptions& options, const std::string& context) {
  if (!options.file.empty()) {
    for (const auto& path : {options.file, context + "/" + options.file})
      if (sys::exists(path)) return path;
    throw_error(ErrorKind::not_found, "read the Dockerfile '{}': no such file", options.file);
  }
  for (const char* name : {"/Containerfile", "/Dockerfile"})
    if (sys::exists(context + name)) return context + name;
  throw Error(ErrorKind::not_found, format("no Dockerfile or Containerfile in '{}'", context))
      .with_hint("name it with --file, or name another directory as the context");
}

// <Dockerfile>.dockerignore, then those of the context, podman's name first.
void read_ignore_file(const BuildOptions& options, const std::string& dockerfile, BuildInput& input) {
  std::vector<std::string> places;
  if (!options.ignore_file.empty()) {
    places.push_back(options.ignore_file);
    if (!sys::exists(options.ignore_file))
      throw_error(ErrorKind::not_found, "read '{}': no such file", options.ignore_file);
  }
  if (!dockerfile.empty()) places.push_back(dockerfile + ".dockerignore");
  places.push_back(input.context + "/.containerignore");
  places.push_back(input.context + "/.dockerignore");
  for (const auto& place : places)
    if (const auto text = sys::read_file_if_exists(place, kMaxDockerfile)) {
      input.ignore_text = *text;
      input.ignore_name = place;
      return;
    }
}

void unpack_context(engine::Engine& engine, const BuildOptions& options, BuildInput& input) {
  if (options.file == "-")
    throw Error(ErrorKind::usage, "both the context and the Dockerfile from standard input")
        .with_hint("one of them can be '-'");
  input.unpacked = std::make_unique<store::StagingDir>(engine.paths);
  input.context = input.unpacked->path() + "/context";
  sys::make_directory(input.context, 0755);
  auto request = engine::image_request(engine);
  request.input = "-";
  request.output = input.context;
  request.quiet = true;
  engine::run_image_program(engine, "volume-import", request);
}

// A stack of many layers holds as many descriptors.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

BuildInput read_input(engine::Engine& engine, const BuildOptions& options) {
  BuildInput input;
  if (is_remote(options.context))
    throw Error(ErrorKind::unsupported,
                format("build from '{}': contexts from the network are not done yet", options.context))
        .with_hint("clone or unpack it, and give the directory");
  if (options.context == "-") {
    engine.enter_userns();
    unpack_context(engine, options, input);
  } else {
    input.context = options.context;
    if (!sys::is_directory(input.context))
      throw Error(ErrorKind::not_found, format("the build context '{}' is not a directory", input.context))
          .with_hint("lichen build [FLAGS] DIRECTORY, as in `lichen build -t app .`");
  }
  std::string text, name = options.file;
  if (options.file == "-") {
    text = sys::read_all(0, "the Dockerfile on standard input", kMaxDockerfile);
  } else {
    name = find_dockerfile(options, input.context);
    text = sys::read_file(name, kMaxDockerfile);
  }
  read_ignore_file(options, options.file == "-" ? "" : name, input);
  if (options.file.empty()) name = name.substr(name.rfind('/') + 1);
  input.dockerfile = language::parse_dockerfile(text, name == "-" ? "Dockerfile" : name);
  return input;
}

std::string build_image(engine::Engine& engine, const BuildInput& input, const BuildOptions& options,
                        Progress& progress) {
  for (const auto& tag : options.tags) engine::parse_ref_name(tag);  // a mistake is said before any work
  raise_descriptor_limit();
  engine.enter_userns();
  const auto platform =
      options.platforms.empty() ? spec::host_platform() : spec::parse_platform(options.platforms.at(0));
  Contexts contexts(options, input.context, input.ignore_text, input.ignore_name);
  Builder builder(engine, input.dockerfile, options, contexts, progress, platform);
  auto built = builder.run();
  const std::string driver = engine::choose_storage_driver(engine);
  for (const auto& output : options.outputs)
    if (output.type == "local" || output.type == "tar") write_files(engine, driver, built.state.stack, output);
  if (is_files_only(options.outputs)) return "";
  const ImageDraft draft = draft_image(engine, options, std::move(built.state));
  publish_image(engine, draft, options.tags);
  for (const auto& output : options.outputs)
    if (output.type == "docker" || output.type == "oci")
      write_archive(engine, options.tags.empty() ? draft.id : options.tags[0], output);
  return draft.id;
}

void write_result_files(const BuildOptions& options, const std::string& id) {
  const auto write = [](const std::string& path, const std::string& text) {
    if (!path.empty()) sys::write_file_atomic(path, text, 0644, sys::Durability::none);
  };
  write(options.iidfile, "sha256:" + id);
  Json metadata = {{"containerimage.config.digest", "sha256:" + id}};
  if (!options.tags.empty()) metadata["image.name"] = options.tags[0];
  write(options.metadata_file, dump_json(metadata) + "\n");
}

}  // namespace lichen::buildah
