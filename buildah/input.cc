// read_input (input.hh): the context from where it is, then the Dockerfile and the ignore file.
//
// A context is a directory of the user's, or comes from elsewhere: a tar on standard input, a URL, a repository. What
// came from elsewhere is hostile: its files are resolved beneath it, so that a Dockerfile that is a symlink shows
// nothing of this machine, and lies in staging, so that a build that is killed leaves nothing.
#include "buildah/input.hh"

#include "buildah/language/parse.hh"
#include "buildah/language/remote.hh"
#include "buildah/remote_files.hh"
#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/engine/image_program.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <sys/stat.h>

namespace lichen::buildah {
namespace {

constexpr std::size_t kMaxDockerfile = 1 << 20;

enum class From { host, standard_input, network };

class InputReader {
 public:
  InputReader(engine::Engine& engine, const BuildOptions& options) : engine_(engine), options_(options) {}

  BuildInput read() {
    find_context();
    std::string name = "Dockerfile", text;
    if (options_.file == "-")
      text = sys::read_all(0, "the Dockerfile on standard input", kMaxDockerfile);
    else if (remote_text_)
      text = *remote_text_;
    else
      name = find_dockerfile(text);
    read_ignore_file(name);
    if (options_.file.empty()) name = base_name(name);
    input_.dockerfile = language::parse_dockerfile(text, name);
    return std::move(input_);
  }

 private:
  void find_context() {
    if (options_.context == "-") return unpack_standard_input();
    if (!sys::is_directory(options_.context))
      if (const auto place = language::parse_remote(options_.context, language::RemoteUse::context))
        return fetch(*place);
    input_.context = options_.context;
    if (!sys::is_directory(input_.context))
      throw Error(ErrorKind::not_found, format("the build context '{}' is not a directory", input_.context))
          .with_hint("lichen build [FLAGS] DIRECTORY, as in `lichen build -t app .`");
  }

  void begin_staging() {
    engine_.enter_userns();
    input_.unpacked = std::make_unique<store::StagingDir>(engine_.paths);
  }

  void unpack_standard_input() {
    if (options_.file == "-")
      throw Error(ErrorKind::usage, "both the context and the Dockerfile from standard input")
          .with_hint("one of them can be '-'");
    from_ = From::standard_input;
    begin_staging();
    input_.context = input_.unpacked->path() + "/context";
    sys::make_directory(input_.context, 0755);
    auto request = engine::image_request(engine_);
    request.input = "-";
    request.output = input_.context;
    request.quiet = true;
    engine::run_image_program(engine_, "volume-import", request);
  }

  void fetch(const language::RemotePlace& place) {
    from_ = From::network;
    begin_staging();
    auto context =
        RemoteFiles(engine_, options_).load_context(place, input_.unpacked->path(), /*is_main=*/true, options_.quiet);
    input_.context = context.path;
    if (context.is_text) remote_text_ = std::move(context.text);
  }

  // nullopt: there is none
  std::optional<std::string> read_in_context(const std::string& name) const {
    if (from_ == From::host) return sys::read_file_if_exists(input_.context + "/" + name, kMaxDockerfile);
    const auto root = sys::open_path(input_.context, O_PATH | O_DIRECTORY);
    const auto file = sys::open_in_root_if_exists(root.get(), name, O_RDONLY | O_NONBLOCK);
    if (!file) return std::nullopt;
    struct stat info {};
    if (::fstat(file->get(), &info) != 0) throw_errno("look at '{}'", name);
    if (!S_ISREG(info.st_mode)) throw_error(ErrorKind::invalid, "read '{}' of the context: it is not a file", name);
    return sys::read_all(file->get(), name, kMaxDockerfile);
  }

  // Podman's order. A name of --file is looked for from where the user stands, then in the context; docker's for a
  // context from the network: only there. @return its path
  std::string find_dockerfile(std::string& text) {
    if (!options_.file.empty()) {
      if (from_ != From::network && sys::exists(options_.file)) {
        is_dockerfile_on_host_ = true;
        text = sys::read_file(options_.file, kMaxDockerfile);
        return options_.file;
      }
      const auto found = read_in_context(options_.file);
      if (!found) throw_error(ErrorKind::not_found, "read the Dockerfile '{}': no such file", options_.file);
      text = *found;
      return options_.file;
    }
    for (const char* name : {"Containerfile", "Dockerfile"})
      if (const auto found = read_in_context(name)) {
        text = *found;
        return name;
      }
    throw Error(ErrorKind::not_found,
                format("no Dockerfile or Containerfile in '{}'", language::without_credentials(options_.context)))
        .with_hint("name it with --file, or name another directory as the context");
  }

  bool take_ignore_file(const std::optional<std::string>& text, const std::string& name) {
    if (!text) return false;
    input_.ignore_text = *text;
    input_.ignore_name = name;
    return true;
  }

  // <Dockerfile>.dockerignore, then those of the context.
  void read_ignore_file(const std::string& dockerfile) {
    if (!options_.ignore_file.empty()) {
      if (!sys::exists(options_.ignore_file))
        throw_error(ErrorKind::not_found, "read '{}': no such file", options_.ignore_file);
      take_ignore_file(sys::read_file(options_.ignore_file, kMaxDockerfile), options_.ignore_file);
      return;
    }
    if (options_.file != "-" && !remote_text_) {
      const std::string own = dockerfile + ".dockerignore";
      if (take_ignore_file(
              is_dockerfile_on_host_ ? sys::read_file_if_exists(own, kMaxDockerfile) : read_in_context(own), own))
        return;
    }
    for (const char* name : kIgnoreFiles) {
      const std::string shown = from_ == From::host ? input_.context + "/" + name : name;
      if (take_ignore_file(read_in_context(name), shown)) return;
    }
  }

  engine::Engine& engine_;
  const BuildOptions& options_;
  BuildInput input_;
  From from_ = From::host;
  std::optional<std::string> remote_text_;  // the URL was a Dockerfile
  bool is_dockerfile_on_host_ = false;
};

}  // namespace

BuildInput read_input(engine::Engine& engine, const BuildOptions& options) {
  return InputReader(engine, options).read();
}

}  // namespace lichen::buildah
