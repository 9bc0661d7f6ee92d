// lichen-image: everything about images that needs curl, OpenSSL, libarchive or a compressor. See
// libpod/wire/image_cli.hh for how it is called. It takes nothing from the environment but what libcurl reads
// (proxies).

#include <cstdio>
#include <optional>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/image/commands.hh"
#include "libpod/image/layer_service.hh"
#include "libpod/store/paths.hh"
#include "libpod/sys/io.hh"
#include "libpod/wire/image_cli.hh"

#include <sys/resource.h>
#include <unistd.h>

namespace {

using namespace lichen;

constexpr std::size_t kMaxRequest = 4u << 20;

// Removing a deep tree holds a descriptor per level; the soft limit is often 1024 while the hard one is far above.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int answer(int fd, const Json& json, int status) {
  sys::write_all(fd, dump_json(json) + "\n", "the result");
  return status;
}

wire::ImageRequest read_request(int argc, char** argv) {
  if (argc != 4 || std::string_view(argv[2]) != "--request")
    throw Error(ErrorKind::usage, "lichen-image: it is a part of lichen and not meant to be called by hand")
        .with_hint("use lichen pull, load, import or save");
  const auto fd = parse_uint(argv[3]);
  if (!fd || *fd > 1u << 20) throw_error(ErrorKind::usage, "lichen-image: '{}' is not a descriptor", argv[3]);
  const std::string text = sys::read_all(static_cast<int>(*fd), "request", kMaxRequest);
  auto request = wire::image_request_from_json(parse_json(text, "request"));
  if (!request.root.starts_with('/') || !request.run.starts_with('/') || request.boot_id.empty())
    throw_error(ErrorKind::usage, "request: root, run and boot_id are needed");
  return request;
}

}  // namespace

int main(int argc, char** argv) {
  int result_fd = STDOUT_FILENO;
  try {
    raise_descriptor_limit();
    const auto request = read_request(argc, argv);
    if (request.debug) set_log_level(LogLevel::debug);
    result_fd = request.result_fd;
    const store::Paths paths(request.root, request.run, request.boot_id);
    paths.make();
    if (std::string_view(argv[1]) == "layers") {
      image::serve_layers(paths, STDIN_FILENO, result_fd);
      return 0;
    }
    return answer(result_fd, to_json(image::run_command(argv[1], paths, request)), 0);
  } catch (const Error& error) {
    try {
      return answer(
          result_fd,
          Json{{"error", {{"kind", to_string(error.kind())}, {"message", error.what()}, {"hint", error.hint()}}}}, 1);
    } catch (const Error&) {  // the reader is gone: the status says it
      return 1;
    }
  } catch (const std::exception& error) {
    try {
      return answer(result_fd, Json{{"error", {{"kind", "internal"}, {"message", error.what()}, {"hint", ""}}}}, 1);
    } catch (const Error&) {
      return 1;
    }
  }
}
