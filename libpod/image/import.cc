#include "libpod/image/import.hh"

#include "libpod/base/error.hh"
#include "libpod/base/time.hh"
#include "libpod/image/assemble.hh"
#include "libpod/image/auth_challenge.hh"
#include "libpod/image/hash.hh"
#include "libpod/image/http.hh"
#include "libpod/image/limits.hh"
#include "libpod/image/manifest.hh"
#include "libpod/spec/reference.hh"
#include "libpod/sys/fs.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::image {
namespace {

constexpr int kMaxRedirects = 5;

bool is_url(const std::string& input) { return input.starts_with("http://") || input.starts_with("https://"); }

void feed_url(const std::string& start, const FeedSink& sink, ProgressLine& line) {
  HttpClient client;
  HttpRequest request;
  request.url = start;
  for (int hops = 0;; ++hops) {
    const auto response = client.send(request, [&](const HttpResponse& head, Bytes data) {
      if (head.status != 200) return true;
      line.add(data.size());
      return sink(data);
    });
    if (response.status == 200) return;
    const std::string location = response.header("location");
    if (response.status < 300 || response.status > 399 || location.empty())
      throw_error(ErrorKind::network, "import '{}': the server answers with status {}", start, response.status);
    if (hops == kMaxRedirects) throw_error(ErrorKind::network, "import '{}': too many redirects", start);
    const std::string next = resolve_url(request.url, location);
    if (request.url.starts_with("https:") && !next.starts_with("https:"))
      throw_error(ErrorKind::permission, "import '{}': it redirects from https to http", start);
    request.url = next;
  }
}

void feed_fd(int fd, const std::string& what, const FeedSink& sink, ProgressLine& line) {
  FdSource source(fd, what);
  for (Bytes next = source.peek(); !next.empty(); next = source.peek()) {
    line.add(next.size());
    if (!sink(next)) return;
    source.consume(next.size());
  }
}

spec::ImageConfig config_from_request(const wire::ImageRequest& request) {
  if (!request.config.empty()) return spec::parse_image_config(request.config, "request");
  spec::ImageConfig config;
  const Platform platform = request.platform.empty() ? host_platform() : parse_platform(request.platform);
  config.os = platform.os;
  config.architecture = platform.architecture;
  config.variant = platform.variant;
  return config;
}

struct Input {
  std::string name;    // for people
  sys::UniqueFd file;  // none: a URL
  std::uint64_t size = kUnknownSize;
};

Input open_input(const std::string& path) {
  const bool from_stdin = path.empty() || path == "-";
  Input input{from_stdin ? "standard input" : path, {}, kUnknownSize};
  if (is_url(path)) return input;
  input.file = from_stdin ? sys::duplicate(STDIN_FILENO) : sys::open_path(path, O_RDONLY);
  struct stat info {};
  if (::fstat(input.file.get(), &info) == 0 && S_ISREG(info.st_mode))
    input.size = static_cast<std::uint64_t>(info.st_size);
  if (S_ISDIR(info.st_mode)) throw_error(ErrorKind::usage, "import '{}': it is a directory, a tar is needed", path);
  if (from_stdin && ::isatty(STDIN_FILENO) == 1) throw_error(ErrorKind::usage, "import: standard input is a terminal");
  return input;
}

}  // namespace

wire::ImageResult import_image(const store::Paths& paths, const wire::ImageRequest& request, Progress& progress) {
  spec::ImageConfig config = config_from_request(request);
  std::optional<spec::Reference> reference;
  if (!request.reference.empty()) reference = spec::parse_full_reference(request.reference);
  if (reference && reference->tag.empty())
    throw_error(ErrorKind::usage, "import: '{}' is a digest, and an image cannot be given one", request.reference);

  Input from = open_input(request.input);
  if (!request.base.empty()) from.name = "layer";  // of a commit: its tar in staging has no name for people
  const auto line = progress.line(from.name, from.size == kUnknownSize ? 0 : from.size);
  const auto below = request.base.empty() ? store::ImageMeta{} : store::ImageStore(paths).get(request.base);
  LayerInput input;
  if (!below.chain_ids.empty()) input.parent = below.chain_ids.back();
  input.blob_size = from.size;
  input.allowed = Allowed::archives;
  input.feed = [&](const FeedSink& sink) {
    if (from.file)
      feed_fd(from.file.get(), from.name, sink, *line);
    else
      feed_url(request.input, sink, *line);
  };
  std::unique_ptr<StagedLayer> staged;
  try {
    staged = stage_layer(paths, input);
  } catch (Error& error) {
    error.add_context(format("import '{}'", from.name));
    throw;
  }
  config.created = to_rfc3339(now());
  const auto base = request.base.empty() ? spec::ImageConfig{} : store::ImageStore(paths).config(request.base);
  config.diff_ids = base.diff_ids;
  config.diff_ids.push_back(staged->meta.diff_id);
  config.history = base.history;
  const std::string imported = "Imported from " + (request.input.empty() ? std::string("-") : request.input);
  const bool says = !request.message.empty() || !request.base.empty();
  config.history.push_back(
      {config.created, request.created_by, config.author, says ? request.message : imported, false});
  publish_layer(paths, *staged);
  line->state("done");

  ImageSource source;
  source.config_text = dump_json(spec::to_json(config));
  for (const auto& diff_id : config.diff_ids)
    source.layers.push_back({"", diff_id, 0, std::nullopt, [](const FeedSink&, ProgressLine&) {
                               throw_error(ErrorKind::conflict,
                                           "import: a layer was removed while the image was being made");
                             }});
  const Assembled image = assemble_image(paths, source, 1, progress);
  if (reference) store::ImageStore(paths).set_ref({reference->host, reference->repository, reference->tag}, image.id);
  wire::ImageResult result;
  result.images.push_back({image.id, reference ? reference->str() : "", "", true});
  return result;
}

}  // namespace lichen::image
