#include "buildah/remote_files.hh"

#include <algorithm>

#include "buildah/secrets.hh"
#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/sha256.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/fetch_url.hh"
#include "libpod/engine/image_program.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/resolve.hh"
#include "libpod/wire/log_format.hh"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::buildah {
namespace {

constexpr std::size_t kMaxDockerfile = 1 << 20, kMaxMemory = 64 << 10;
constexpr std::size_t kSniffed = 512;

bool is_here(const std::string& host) { return host == "localhost" || host == "[::1]" || host.starts_with("127."); }

// A header of a request: whatever a secret's file ends with, it is one line.
std::string header_value(const std::string& secret, const std::string& id) {
  std::string value(trim(secret));
  if (std::ranges::any_of(value, [](char c) { return static_cast<unsigned char>(c) < 0x20; }))
    throw_error(ErrorKind::invalid, "secret '{}': it is more than one line", id);
  return value;
}

std::string head_of(int fd) {
  std::string head(kSniffed, '\0');
  const ssize_t count = ::pread(fd, head.data(), head.size(), 0);
  if (count < 0) throw_errno("read what was fetched");
  head.resize(static_cast<std::size_t>(count));
  return head;
}

std::string agent_of(const BuildOptions& options) {
  for (const auto& ssh : options.ssh)
    if (ssh.id == "default") return ssh.socket;
  return "";
}

std::string variable(const engine::Engine& engine, std::string_view name) {
  for (const auto& entry : engine.environment.all)
    if (entry.starts_with(std::string(name) + "=")) return entry.substr(name.size() + 1);
  return "";
}

// Whether the user has named something of that host himself, as the context or by --build-context.
bool is_named_by_user(const BuildOptions& options, const std::string& host) {
  const auto has_host = [&](const std::string& text) {
    try {
      const auto place = language::parse_remote(text, language::RemoteUse::context);
      return place && std::visit([](const auto& each) { return each.host; }, *place) == host;
    } catch (const Error&) {
      return false;  // said where it is wanted
    }
  };
  return has_host(options.context) ||
         std::ranges::any_of(options.contexts, [&](const auto& each) { return has_host(each.second); });
}

bool is_context_remote(const BuildOptions& options) {
  return !sys::is_directory(options.context) && options.context != "-";
}

}  // namespace

Json to_json(const FoundRemote& found) {
  return Json{{"identity", found.identity}, {"name", found.name}, {"modified", found.modified}, {"path", found.path}};
}

FoundRemote found_remote_from_json(const Json& json) {
  const JsonView view(json, "source:");
  return {view.get_string("identity"), view.get_string("name"), view.get_int("modified", -1), view.get_string("path")};
}

bool looks_packed(int fd) {
  using namespace std::string_view_literals;
  const std::string head = head_of(fd);
  const std::string_view all = head;
  return all.starts_with("\x1f\x8b") || all.starts_with("BZh") || all.starts_with("\xfd\x37zXZ\0"sv) ||
         all.starts_with("\x28\xb5\x2f\xfd") || (all.size() >= 262 && all.substr(257, 5) == "ustar");
}

bool unpack_archive(engine::Engine& engine, int fd, const std::string& place) {
  sys::make_directory(place, 0755);
  auto request = engine::image_request(engine);
  const std::string link = place + ".tar";
  sys::make_symlink(format("/proc/{}/fd/{}", ::getpid(), fd), link);
  request.input = link;
  request.output = place;
  request.quiet = true;
  try {
    engine::run_image_program(engine, "volume-import", request);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    log_debug("{}", error.what());
    return false;
  }
  return true;
}

std::string RemoteFiles::memory_of(const language::UrlPlace& place) const {
  return engine_.paths.build() + "/remote/" + sha256_hex(place.url);
}

wire::FetchOrder RemoteFiles::order_for(const language::UrlPlace& place, const std::string& output) const {
  wire::FetchOrder order;
  order.url = place.url;
  order.output = output;
  order.credentials = place.credentials;
  // The names are BuildKit's (source/http).
  const std::string header = "HTTP_AUTH_HEADER_" + place.host, token = "HTTP_AUTH_TOKEN_" + place.host;
  if (const auto secret = read_secret(engine_, options_, header))
    order.authorization = header_value(*secret, header);
  else if (const auto bearer = read_secret(engine_, options_, token))
    order.authorization = "Bearer " + header_value(*bearer, token);
  return order;
}

FoundRemote RemoteFiles::look_up(const RemoteSource& source, const std::string& directory) const {
  if (const auto* git = std::get_if<language::GitPlace>(&source.place)) {
    const auto commit = find_commit(git_for(*git), *git, source.checksum, directory);
    return {commit.id, commit.reference, -1, ""};
  }
  const auto& place = std::get<language::UrlPlace>(source.place);
  if (!source.checksum.empty() && !place.name.empty()) return {source.checksum, place.name, -1, ""};
  auto order = order_for(place, directory + "/file");
  order.checksum = source.checksum;
  // With credentials each user may get something else.
  const bool may_remember = order.authorization.empty() && order.credentials.empty() && source.checksum.empty();
  const auto known = may_remember && source.uses_memory ? sys::read_cached(memory_of(place), kMaxMemory) : std::nullopt;
  Json memory = Json::object();
  if (known) try {
      memory = parse_json(*known, "memory of a file");
      order.etag = JsonView(memory, "memory:").get_string("etag");
      order.last_modified = JsonView(memory, "memory:").get_string("last_modified");
    } catch (const Error& error) {
      log_debug("{}", error.what());
    }
  const auto answer = engine::fetch_url(engine_, order, options_.pull.tls_verify, /*quiet=*/true);
  if (answer.is_unchanged) return found_remote_from_json(memory.at("found"));
  FoundRemote found{answer.digest, place.name.empty() ? answer.name : place.name, answer.modified, ""};
  if (may_remember && (!answer.etag.empty() || !answer.last_modified.empty())) {
    sys::make_directories(engine_.paths.build() + "/remote", 0700);
    sys::write_cached(
        memory_of(place),
        dump_json({{"etag", answer.etag}, {"last_modified", answer.last_modified}, {"found", to_json(found)}}));
  }
  found.path = order.output;
  return found;
}

std::string RemoteFiles::bring_file(const language::UrlPlace& place, const FoundRemote& found,
                                    const std::string& path) const {
  std::int64_t modified = found.modified;
  const std::string& here = found.path.empty() ? path : found.path;
  if (found.path.empty()) {
    auto order = order_for(place, path);
    order.checksum = found.identity;
    try {
      modified = engine::fetch_url(engine_, order, options_.pull.tls_verify, /*quiet=*/true).modified;
    } catch (const Error&) {
      sys::remove_file(memory_of(place));  // it may be the memory that is wrong: the next build asks anew
      throw;
    }
  }
  // Docker's: without a word of the server the file is from 1970, so that it is the same each time.
  const timespec time{static_cast<time_t>(std::max<std::int64_t>(modified, 0)), 0};
  const timespec times[2] = {time, time};
  if (::utimensat(AT_FDCWD, here.c_str(), times, 0) != 0) throw_errno("set the time of '{}'", place.name);
  return here;
}

// A secret without a host in its name is for what the user names: on the command line, and in a Dockerfile of his own.
// In one that came from elsewhere a host could stand to collect it.
bool RemoteFiles::is_trusted(const language::GitPlace& place) const {
  if (place.scheme != "https" && !is_here(place.host)) return false;
  return !is_context_remote(options_) || is_named_by_user(options_, place.host);
}

std::string RemoteFiles::token_for(const language::GitPlace& place) const {
  if (place.scheme != "https" && place.scheme != "http") return "";
  std::vector<std::string> suffixes = {"." + place.host};
  if (is_trusted(place)) suffixes.push_back("");
  for (const auto& suffix : suffixes) {
    const std::string header = "GIT_AUTH_HEADER" + suffix, token = "GIT_AUTH_TOKEN" + suffix;
    if (const auto secret = read_secret(engine_, options_, header)) return header_value(*secret, header);
    if (const auto secret = read_secret(engine_, options_, token))
      return "Basic " + wire::base64_encode("x-access-token:" + header_value(*secret, token));
  }
  return place.credentials.empty() ? "" : "Basic " + wire::base64_encode(place.credentials);
}

GitProgram RemoteFiles::git_for(const language::GitPlace& place) const {
  GitAccess access;
  access.scheme = place.scheme;
  access.server = place.url.substr(0, place.url.find('/', place.scheme.size() + 3) + 1);
  access.authorization = token_for(place);
  access.home = engine_.environment.home;
  access.verifies_tls = options_.pull.tls_verify.value_or(true);
  access.agent = agent_of(options_);
  // The user's agent is for what the user has named, not for what a Dockerfile names.
  if (access.agent.empty() && place.scheme == "ssh" && is_named_by_user(options_, place.host))
    access.agent = variable(engine_, "SSH_AUTH_SOCK");
  return {engine_.environment.all, std::move(access)};
}

std::string RemoteFiles::bring_tree(const language::GitPlace& place, const FoundRemote& found, bool keeps_git_dir,
                                    const std::string& path) const {
  sys::make_directory(path, 0755);
  const bool keeps = keeps_git_dir && place.directory.empty();
  if (keeps_git_dir && !keeps)
    log_warn("repository '{}': .git lies above the directory '{}' and is not taken", place.url, place.directory);
  check_out(git_for(place), place, {found.identity, found.name}, keeps, path);
  if (place.directory.empty()) return path;
  const auto root = sys::open_path(path, O_PATH | O_DIRECTORY);
  // A symlink is followed within the repository, and leads nowhere else.
  const auto directory = sys::open_in_root_if_exists(root.get(), place.directory, O_PATH | O_DIRECTORY);
  if (!directory)
    throw_error(ErrorKind::not_found, "repository '{}': commit {} has no directory '{}'", place.url, found.identity,
                place.directory);
  return sys::read_link(sys::fd_path(directory->get())).value_or(path);
}

LoadedContext RemoteFiles::load_context(const language::RemotePlace& place, const std::string& directory, bool is_main,
                                        bool quiet) const {
  if (const auto* git = std::get_if<language::GitPlace>(&place)) {
    const auto argument = options_.build_args.find("BUILDKIT_CONTEXT_KEEP_GIT_DIR");
    const bool is_asked = argument != options_.build_args.end() && parse_bool(argument->second).value_or(false);
    const auto found = look_up({place, "", false, true}, directory);
    return {bring_tree(*git, found, git->keeps_git_dir.value_or(is_asked), directory + "/tree"), false, ""};
  }
  const auto order = order_for(std::get<language::UrlPlace>(place), directory + "/download");
  engine::fetch_url(engine_, order, options_.pull.tls_verify, quiet);
  return open_download(directory, is_main);
}

LoadedContext RemoteFiles::open_download(const std::string& directory, bool is_main) const {
  const std::string path = directory + "/download";
  LoadedContext context{directory + "/context", false, ""};
  const auto file = sys::open_path(path, O_RDONLY);
  if (looks_packed(file.get())) {
    if (!unpack_archive(engine_, file.get(), context.path))
      throw_error(ErrorKind::invalid, "the context is an archive that cannot be read");
    sys::remove_file(path);
    return context;
  }
  sys::make_directory(context.path, 0755);
  if (!is_main) {
    sys::rename_path(path, context.path + "/context");
    return context;
  }
  context.is_text = true;
  context.text = sys::read_all(file.get(), "the Dockerfile that was fetched", kMaxDockerfile);
  if (context.text.find('\0') != std::string::npos)
    throw Error(ErrorKind::invalid, "what was fetched is neither an archive nor a Dockerfile")
        .with_hint("an archive is a tar, plain or compressed by gzip, bzip2, xz or zstd");
  sys::remove_file(path);
  return context;
}

}  // namespace lichen::buildah
