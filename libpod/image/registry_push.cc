// The writing half of a registry's client (OCI distribution-spec 1.1, "Push").
//
// A blob goes up in one piece: a session is opened, then the whole file is PUT to where the registry says. A connection
// that breaks begins again with a new session, for registries differ in what they keep of an old one.
#include "libpod/base/log.hh"
#include "libpod/image/limits.hh"
#include "libpod/image/registry.hh"

namespace lichen::image {
namespace {

bool is_good(long status) { return status >= 200 && status < 300; }

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
    if (answer.size() < kMaxErrorBody) answer.append(reinterpret_cast<const char*>(data.data()), data.size());
    return true;
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

void Registry::upload_blob(const std::string& repository, const Descriptor& descriptor, int file, ProgressLine& line) {
  const Origin own = url_origin(scheme() + "://" + options_.host + "/");
  with_retries([&] {
    bool mounted = false;
    const std::string location = begin_upload(repository, "", mounted);
    HttpRequest request;
    request.method = "PUT";
    request.url = location + (location.find('?') == std::string::npos ? "?" : "&") +
                  "digest=" + url_encode(descriptor.digest.str());
    request.headers = {"Content-Type: application/octet-stream"};
    const Origin target = url_origin(request.url);
    if (own.scheme == "https" && target.scheme == "http")
      throw_error(ErrorKind::permission, "registry '{}': it sends uploads from https to http on '{}'", options_.host,
                  target.host);
    if (target == own) request.authorization = authorization_for(repository);
    request.upload_fd = file;
    request.upload_size = descriptor.size;
    request.on_sent = [&](std::size_t count) { line.add(count); };
    set_tls(request);
    HttpClient client;
    std::string answer;
    const auto response = client.send(request, [&](const HttpResponse&, Bytes data) {
      if (answer.size() < kMaxErrorBody) answer.append(reinterpret_cast<const char*>(data.data()), data.size());
      return true;
    });
    if (response.status == 429 || response.status >= 500)
      throw BusyError(format("registry '{}': it answers with status {}", options_.host, response.status),
                      response.header("retry-after"));
    if (!is_good(response.status)) refuse({repository, ""}, response.status, answer);
  });
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
