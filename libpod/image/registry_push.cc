// The writing half of a registry's client (OCI distribution-spec 1.1, "Push").
//
// A blob goes up in a session that the registry opens, at a place that it names; credentials go there only when that is
// the registry itself. Three ways:
//   - in one piece, PUT: what is used for a blob that is a file
//   - as it is made, one PATCH without a length (as docker's and podman's pushes are), then PUT with the digest: a
//   layer
//     goes out while it is still being compressed. One try; what breaks goes up again in one piece
//   - in pieces, a PATCH with Content-Range each: when one piece broke or is too large for the registry (413). A piece
//     that breaks is asked for with GET, and the rest goes on from there, as long as the registry keeps the session
#include <algorithm>

#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/image/limits.hh"
#include "libpod/image/registry.hh"

namespace lichen::image {
namespace {

constexpr std::uint64_t kPiece = std::uint64_t{32} << 20;

bool is_good(long status) { return status >= 200 && status < 300; }

class TooLargeError : public Error {
 public:
  explicit TooLargeError(std::string message) : Error(ErrorKind::network, std::move(message)) {}
};

}  // namespace

template <typename F>
auto Registry::with_retries(F attempt) {
  for (int tries = 0;; ++tries) {
    std::string retry_after;
    try {
      return attempt();
    } catch (const Error& error) {
      if (!is_temporary(error) || tries >= options_.retries || never_reached(error)) throw;
      if (const auto* busy = dynamic_cast<const BusyError*>(&error)) retry_after = busy->retry_after;
      log_debug("registry '{}': {}", options_.host, error.what());
    }
    pause_before_retry(tries, retry_after);
  }
}

// @param answer  the body, cut at kMaxErrorBody
HttpResponse Registry::write_request(const Call& call, std::string& answer) {
  HttpClient client;
  answer.clear();
  return request(client, call, [&](const HttpResponse&, Bytes data) {
    answer.append(reinterpret_cast<const char*>(data.data()), data.size());
    return answer.size() < kMaxErrorBody;  // one without an end is cut off
  });
}

bool Registry::has_blob(const std::string& repository, const Digest& digest) {
  Call call{repository, "/blobs/" + digest.str()};
  call.method = "HEAD";
  return with_retries([&] {
    std::string answer;
    const auto response = write_request(call, answer);
    if (is_good(response.status)) return true;
    if (response.status != 404) refuse(call, response.status, answer);
    return false;
  });
}

// @return where the blob goes, as an absolute URL; empty when it was mounted
std::string Registry::begin_upload(const std::string& repository, const std::string& query, bool& mounted) {
  Call call{repository, "/blobs/uploads/" + query};
  call.method = "POST";
  return with_retries([&]() -> std::string {
    std::string answer;
    const auto response = write_request(call, answer);
    mounted = response.status == 201;
    if (mounted) return "";
    if (response.status != 202) refuse(call, response.status, answer);
    const std::string location = response.header("location");
    if (location.empty())
      throw_error(ErrorKind::network, "registry '{}': it does not say where an upload goes", options_.host);
    return resolve_url(format("{}://{}/v2/{}/blobs/uploads/", scheme(), options_.host, repository), location);
  });
}

bool Registry::mount_blob(const std::string& repository, const Digest& digest, const std::string& from) {
  bool mounted = false;
  // A registry that cannot, or may not, opens a session instead; it is left to end by itself.
  begin_upload(repository, format("?mount={}&from={}", url_encode(digest.str()), url_encode(from)), mounted);
  return mounted;
}

// @param request  its `authorization` is set here
HttpResponse Registry::send_to_session(const std::string& repository, HttpRequest& request, std::string& answer) {
  const Origin own = url_origin(scheme() + "://" + options_.host + "/"), target = url_origin(request.url);
  if (own.scheme == "https" && target.scheme == "http")
    throw_error(ErrorKind::permission, "registry '{}': it sends uploads from https to http on '{}'", options_.host,
                target.host);
  if (target == own) request.authorization = authorization_for(repository);
  set_tls(request);
  HttpClient client;
  const auto send = [&] {
    answer.clear();
    return client.send(request, [&](const HttpResponse&, Bytes data) {
      answer.append(reinterpret_cast<const char*>(data.data()), data.size());
      return answer.size() < kMaxErrorBody;
    });
  };
  auto response = send();
  // A token may have run out while a large blob went up.
  if (response.status == 401 && target == own && !request.upload_source) {
    request.authorization = authorize(client, repository, response);
    if (!request.authorization.empty()) response = send();
  }
  if (response.status == 429 || response.status >= 500)
    throw BusyError(format("registry '{}': it answers with status {}", options_.host, response.status),
                    response.header("retry-after"));
  return response;
}

std::string Registry::session_location(const std::string& request_url, const HttpResponse& response) const {
  const std::string location = response.header("location");
  return location.empty() ? request_url : resolve_url(request_url, location);
}

namespace {

std::string with_digest(const std::string& location, const Digest& digest) {
  return location + (location.find('?') == std::string::npos ? "?" : "&") + "digest=" + url_encode(digest.str());
}

HttpRequest blob_request(const char* method, std::string url) {
  HttpRequest request;
  request.method = method;
  request.url = std::move(url);
  request.headers = {"Content-Type: application/octet-stream"};
  return request;
}

}  // namespace

void Registry::put_whole(const std::string& repository, const Descriptor& descriptor, int file, ProgressLine& line) {
  bool mounted = false;
  auto request = blob_request("PUT", with_digest(begin_upload(repository, "", mounted), descriptor.digest));
  request.upload_fd = file;
  request.upload_size = descriptor.size;
  request.on_sent = [&](std::size_t count) { line.add(count); };
  std::string answer;
  const auto response = send_to_session(repository, request, answer);
  if (response.status == 413) throw TooLargeError(format("registry '{}': the blob is too large for it", options_.host));
  if (!is_good(response.status)) refuse({repository, ""}, response.status, answer);
}

// Goes on where `session` is, as far as the registry still knows it.
void Registry::put_pieces(const std::string& repository, const Descriptor& descriptor, int file, ProgressLine& line,
                          UploadSession& session) {
  std::string answer;
  if (!session.location.empty()) {
    auto ask = blob_request("GET", session.location);
    const auto response = send_to_session(repository, ask, answer);
    const auto range = cut(response.header("range"), '-');  // "0-N", N the last byte that is there
    const auto last = range ? parse_uint(range->second) : std::nullopt;
    const bool known = response.status == 204 && last && *last < descriptor.size;
    session = known ? UploadSession{session_location(ask.url, response), *last + (*last > 0 ? 1 : 0)} : UploadSession{};
  }
  if (session.location.empty()) {
    bool mounted = false;
    session = {begin_upload(repository, "", mounted), 0};
    line.begin(descriptor.size);
  }
  while (session.offset < descriptor.size) {
    auto request = blob_request("PATCH", session.location);
    request.upload_fd = file;
    request.upload_offset = session.offset;
    request.upload_size = std::min(kPiece, descriptor.size - session.offset);
    request.headers.push_back(format("Content-Range: {}-{}", session.offset, session.offset + request.upload_size - 1));
    const auto response = send_to_session(repository, request, answer);
    if (!is_good(response.status)) {
      session = {};
      refuse({repository, ""}, response.status, answer);
    }
    session = {session_location(request.url, response), session.offset + request.upload_size};
    line.add(request.upload_size);
  }
  finish_stream(repository, session.location, descriptor.digest);
}

void Registry::upload_blob(const std::string& repository, const Descriptor& descriptor, int file, ProgressLine& line) {
  bool in_pieces = false;
  UploadSession session;
  with_retries([&] {
    if (!in_pieces) {
      try {
        return put_whole(repository, descriptor, file, line);
      } catch (const TooLargeError& error) {
        if (descriptor.size <= kPiece) throw;
        log_debug("{}: in pieces", error.what());
      } catch (const TransportError&) {
        in_pieces = descriptor.size > kPiece;
        throw;
      }
      in_pieces = true;
    }
    put_pieces(repository, descriptor, file, line, session);
  });
}

std::string Registry::stream_up(const std::string& repository,
                                const std::function<std::optional<std::size_t>(char*, std::size_t)>& source) {
  bool mounted = false;
  auto request = blob_request("PATCH", begin_upload(repository, "", mounted));
  request.upload_source = source;
  std::string answer;
  const auto response = send_to_session(repository, request, answer);
  if (!is_good(response.status)) refuse({repository, ""}, response.status, answer);
  return session_location(request.url, response);
}

void Registry::finish_stream(const std::string& repository, const std::string& location, const Digest& digest) {
  auto request = blob_request("PUT", with_digest(location, digest));
  std::string answer;
  const auto response = send_to_session(repository, request, answer);
  if (!is_good(response.status)) refuse({repository, ""}, response.status, answer);
}

void Registry::abandon_stream(const std::string& repository, const std::string& location) noexcept {
  try {
    auto request = blob_request("DELETE", location);
    std::string answer;
    send_to_session(repository, request, answer);
  } catch (const std::exception& error) {  // the registry forgets it by itself
    log_debug("{}", error.what());
  }
}

void Registry::put_manifest(const std::string& repository, const std::string& reference, const std::string& text,
                            const std::string& media_type) {
  Call call{repository, "/manifests/" + reference, {"Content-Type: " + media_type}};
  call.method = "PUT";
  call.body = text;
  with_retries([&] {
    std::string answer;
    const auto response = write_request(call, answer);
    if (!is_good(response.status)) refuse(call, response.status, answer);
  });
}

void Registry::ping() {
  const Call call{"", ""};
  with_retries([&] {
    std::string answer;
    const auto response = write_request(call, answer);
    if (response.status == 401 || response.status == 403)
      throw Error(ErrorKind::permission,
                  format("login to '{}': user name or password are wrong", options_.credentials_host))
          .with_hint("for a registry with two factors: use a token instead of the password");
    if (!is_good(response.status)) refuse(call, response.status, answer);
  });
}

}  // namespace lichen::image
