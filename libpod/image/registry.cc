#include "libpod/image/registry.hh"

#include <algorithm>
#include <thread>

#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/image/hash.hh"
#include "libpod/image/host_certificates.hh"
#include "libpod/image/limits.hh"

#include <curl/curl.h>

namespace lichen::image {
namespace {

constexpr int kMaxRedirects = 5;
constexpr std::size_t kMaxTagPages = 1000, kMaxTags = 100'000;
constexpr auto kFirstPause = std::chrono::milliseconds(400), kLongestPause = std::chrono::milliseconds(20'000);

bool is_redirect(long status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// The registry's own words from {"errors":[{"code","message"}]}, bounded and printable.
std::string error_text(const std::string& body) {
  try {
    const Json json = parse_json(body, "answer");
    for (const auto& item : JsonView(json, "answer:").at("errors").as_array()) {
      const std::string text = item.get_string("code") + ": " + item.get_string("message");
      return printable(text.substr(0, 200));
    }
  } catch (const Error&) {
  }
  return "";
}

}  // namespace

bool is_temporary(const Error& error) {
  if (const auto* transport = dynamic_cast<const TransportError*>(&error)) return !transport->permanent;
  return dynamic_cast<const BusyError*>(&error) != nullptr;
}

Registry::Registry(RegistryOptions options, const CredentialSource& credentials)
    : options_(std::move(options)), credentials_(credentials) {}

std::string Registry::scheme() {
  const std::lock_guard guard(mutex_);
  return scheme_.empty() ? "https" : scheme_;
}

void Registry::set_tls(HttpRequest& request) const {
  const Origin own = url_origin("https://" + options_.host + "/");
  const Origin origin = url_origin(request.url);
  const bool is_own = origin.host == own.host && (origin.port == own.port || origin.scheme == "http");
  request.verify_tls = !options_.everywhere_insecure && !(is_own && options_.insecure);
  request.tls = find_tls_files(options_.cert_directories, is_own ? options_.cert_dir : "", origin);
}

// The first request decides between https and http where http is allowed at all.
HttpResponse Registry::send_first(HttpClient& client, HttpRequest& request, const std::string& rest,
                                  const Handler& body) {
  std::string known;
  {
    const std::lock_guard guard(mutex_);
    known = scheme_;
  }
  // Asked once: another thread may decide meanwhile.
  const bool decided = !known.empty();
  if (!decided) known = "https";
  request.url = known + "://" + options_.host + rest;
  set_tls(request);
  const bool may_be_plain = options_.insecure || is_loopback(url_origin(request.url).host);
  try {
    auto response = client.send(request, body);
    const std::lock_guard guard(mutex_);
    scheme_ = known;
    return response;
  } catch (const TransportError& error) {
    // A plain server answers a TLS greeting with text (35), nothing (52) or a reset (56). A certificate that is not
    // trusted is another thing and never leads to http.
    const bool no_tls = error.curl_code == CURLE_SSL_CONNECT_ERROR || error.curl_code == CURLE_GOT_NOTHING ||
                        error.curl_code == CURLE_RECV_ERROR || error.curl_code == CURLE_COULDNT_CONNECT;
    if (decided || !may_be_plain || !no_tls) throw;
  }
  request.url = "http://" + options_.host + rest;
  auto response = client.send(request, body);
  const std::lock_guard guard(mutex_);
  scheme_ = "http";
  return response;
}

HttpResponse Registry::follow(HttpClient& client, HttpRequest request, HttpResponse response, const Handler& body) {
  for (int hops = 0; is_redirect(response.status); ++hops) {
    if (hops == kMaxRedirects)
      throw_error(ErrorKind::network, "registry '{}': more than {} redirects", options_.host, kMaxRedirects);
    const std::string location = response.header("location");
    if (location.empty()) throw_error(ErrorKind::network, "registry '{}': a redirect to nowhere", options_.host);
    const std::string next = resolve_url(request.url, location);
    const Origin from = url_origin(request.url), to = url_origin(next);
    if (from.scheme == "https" && to.scheme == "http")
      throw_error(ErrorKind::permission, "registry '{}': it redirects from https to http on '{}'", options_.host,
                  to.host);
    if (from != to) request.authorization.clear();
    request.url = next;
    set_tls(request);
    response = client.send(request, body);
  }
  return response;
}

HttpResponse Registry::request_once(HttpClient& client, const Call& call, const std::string& authorization,
                                    const Handler& body) {
  HttpRequest request;
  request.method = call.method;
  request.body = call.body;
  request.headers = call.headers;
  request.authorization = authorization;
  const Handler answer = [&](const HttpResponse& response, Bytes data) {
    return is_redirect(response.status) || response.status == 401 || body(response, data);
  };
  auto response = send_first(client, request, call.version + call.repository + call.path, answer);
  if (is_redirect(response.status)) response = follow(client, request, std::move(response), answer);
  if (response.status == 429 || response.status >= 500)
    throw BusyError(format("registry '{}': it answers with status {}", options_.host, response.status),
                    response.header("retry-after"));
  return response;
}

std::string Registry::authorization_for(const std::string& repository) {
  const std::lock_guard guard(mutex_);
  const auto found = authorization_.find(repository);
  return found == authorization_.end() ? "" : found->second;
}

HttpResponse Registry::request(HttpClient& client, const Call& call, const Handler& body) {
  std::string authorization = authorization_for(call.repository);
  auto response = request_once(client, call, authorization, body);
  if (response.status != 401) return response;
  // A token that has run out is answered with 401 as well: one more round, then it counts.
  authorization = authorize(client, call.repository, response);
  if (authorization.empty()) return response;
  response = request_once(client, call, authorization, body);
  if (response.status != 401) {
    const std::lock_guard guard(mutex_);
    authorization_[call.repository] = authorization;
  }
  return response;
}

// @return value for the Authorization header; empty when there is nothing to try
std::string Registry::authorize(HttpClient& client, const std::string& repository, const HttpResponse& refused) {
  std::optional<AuthChallenge> basic;
  for (const auto& header : refused.all("www-authenticate")) {
    for (const auto& challenge : parse_challenges(header)) {
      if (challenge.scheme == "bearer" && !challenge.parameter("realm").empty())
        return "Bearer " + fetch_token(client, repository, challenge);
      if (challenge.scheme == "basic") basic = challenge;
    }
  }
  if (!basic) return "";
  const auto credentials = credentials_.find(options_.credentials_host, repository);
  if (!credentials || credentials->user.empty()) return "";
  return "Basic " + base64_encode(credentials->user + ":" + credentials->password);
}

std::string Registry::fetch_token(HttpClient& client, const std::string& repository, const AuthChallenge& challenge) {
  const Origin own = url_origin(scheme() + "://" + options_.host + "/");
  const std::string realm = challenge.parameter("realm");
  const Origin server = url_origin(realm);
  if (server.scheme == "http" && own != server && !options_.everywhere_insecure && !is_loopback(server.host))
    throw_error(ErrorKind::permission, "registry '{}': its token server '{}' speaks plain HTTP", options_.host,
                printable(server.host));
  auto credentials = credentials_.find(options_.credentials_host, repository);
  bool withheld = false;
  if (credentials && !may_send_credentials(own, server)) {
    credentials.reset();
    withheld = true;
  }
  const std::string service = challenge.parameter("service"),
                    scope = repository.empty()
                                ? "registry:catalog:*"
                                : format("repository:{}:pull{}", repository, options_.pushes ? ",push" : "");
  HttpRequest request;
  if (credentials && !credentials->identity_token.empty()) {
    request.method = "POST";
    request.url = realm;
    request.headers = {"Content-Type: application/x-www-form-urlencoded"};
    request.body = "grant_type=refresh_token&client_id=lichen&service=" + url_encode(service) +
                   "&scope=" + url_encode(scope) + "&refresh_token=" + url_encode(credentials->identity_token);
  } else {
    request.url = realm + (realm.find('?') == std::string::npos ? "?" : "&") + "service=" + url_encode(service);
    if (!options_.only_greets) request.url += "&scope=" + url_encode(scope);
    if (credentials) request.authorization = "Basic " + base64_encode(credentials->user + ":" + credentials->password);
  }
  set_tls(request);
  std::string text;
  const auto response = client.send(request, text, kMaxTokenBody);
  if (response.status == 429 || response.status >= 500)
    throw BusyError(format("token server '{}': it answers with status {}", server.str(), response.status),
                    response.header("retry-after"));
  if (response.status != 200) {
    Error error(ErrorKind::permission, format("registry '{}': its token server '{}' refuses with status {}",
                                              options_.host, printable(server.str()), response.status));
    if (withheld)
      error.with_hint(format("the password for '{}' was not sent to '{}', which is not below the same domain",
                             options_.credentials_host, printable(server.host)));
    else
      error.with_hint(credentials ? "user name or password are wrong: log in again with 'lichen login'"
                                  : format("log in with 'lichen login {}'", options_.credentials_host));
    throw error;
  }
  const Json json = parse_json(text, "answer of the token server", {.max_bytes = kMaxTokenBody});
  const JsonView view(json, "answer of the token server:");
  std::string token = view.get_string("token");
  if (token.empty()) token = view.get_string("access_token");
  const auto is_odd = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; };
  if (token.empty() || std::any_of(token.begin(), token.end(), is_odd))
    throw_error(ErrorKind::invalid, "token server '{}': it gives no usable token", printable(server.str()));
  return token;
}

void Registry::refuse(const Call& call, long status, const std::string& body) const {
  const std::string words = error_text(body);
  const std::string what = call.repository.empty()
                               ? format("registry '{}'", options_.host)
                               : format("registry '{}', repository '{}'", options_.host, call.repository);
  const std::string tail = words.empty() ? format("status {}", status) : format("{} (status {})", words, status);
  if (status == 404)
    throw Error(ErrorKind::not_found, format("{}: not found: {}", what, tail))
        .with_hint("check the name and the tag; the registry does not tell others from private ones");
  if (status == 401 || status == 403)
    throw Error(ErrorKind::permission, format("{}: access denied: {}", what, tail))
        .with_hint(
            format("the repository may not exist or may need a login: 'lichen login {}'", options_.credentials_host));
  throw_error(ErrorKind::network, "{}: {}", what, tail);
}

void Registry::pause_before_retry(int attempt, const std::string& retry_after) const {
  auto pause = std::min<std::chrono::milliseconds>(kFirstPause * (1 << std::min(attempt, 6)), kLongestPause);
  if (options_.retry_delay) pause = *options_.retry_delay;
  if (const auto seconds = parse_uint(retry_after); seconds && *seconds <= 60)
    pause = std::max(pause, std::chrono::milliseconds(*seconds * 1000));
  if (options_.retry_delay && retry_after.empty()) return std::this_thread::sleep_for(pause);
  // Spread, so that many clients of a registry that comes back do not all come at once.
  const auto spread = parse_uint(std::to_string(std::hash<std::string>{}(random_hex(8)) % 250)).value_or(0);
  std::this_thread::sleep_for(pause + std::chrono::milliseconds(spread));
}

// Nobody has answered yet: a wrong name or port is likelier than a registry that is about to start.
bool Registry::never_reached(const Error& error) {
  const auto* transport = dynamic_cast<const TransportError*>(&error);
  const std::lock_guard guard(mutex_);
  return transport != nullptr && transport->curl_code == CURLE_COULDNT_CONNECT && scheme_.empty();
}

std::string Registry::text_request(const Call& call, std::size_t limit, HttpResponse& response) {
  HttpClient client;
  for (int attempt = 0;; ++attempt) {
    std::string text;
    try {
      response = request(client, call, [&](const HttpResponse& head, Bytes data) {
        const std::size_t allowed = head.status == 200 ? limit : kMaxErrorBody;
        if (text.size() + data.size() > allowed)
          throw_error(ErrorKind::invalid, "registry '{}': an answer longer than the {} bytes allowed", options_.host,
                      allowed);
        text.append(reinterpret_cast<const char*>(data.data()), data.size());
        return true;
      });
      if (response.status != 200) refuse(call, response.status, text);
      return text;
    } catch (const Error& error) {
      if (!is_temporary(error) || attempt >= options_.retries || never_reached(error)) throw;
      const auto* busy = dynamic_cast<const BusyError*>(&error);
      pause_before_retry(attempt, busy == nullptr ? "" : busy->retry_after);
    }
  }
}

FetchedManifest Registry::manifest(const std::string& repository, const std::string& reference) {
  std::string accept = "Accept: ";
  for (const std::string_view type : {kOciIndex, kDockerList, kOciManifest, kDockerManifest})
    accept += std::string(type) + ", ";
  accept.resize(accept.size() - 2);
  HttpResponse response;
  FetchedManifest result;
  result.text = text_request({repository, "/manifests/" + reference, {accept}}, kMaxManifest, response);
  result.content_type = response.header("content-type");
  const auto asked = Digest::parse(reference);
  result.digest = asked ? digest_like(*asked, result.text) : sha256(result.text);
  if (asked && result.digest != *asked)
    throw_error(ErrorKind::invalid, "registry '{}': manifest {} has digest {}", options_.host, asked->str(),
                result.digest.str());
  if (const auto said = response.header("docker-content-digest"); !said.empty()) {
    const auto digest = Digest::parse(said);
    if (!digest || digest_like(*digest, result.text) != *digest)
      throw_error(ErrorKind::invalid,
                  "registry '{}': the manifest does not match the digest in its Docker-Content-Digest header",
                  options_.host);
  }
  return result;
}

std::string Registry::blob(const std::string& repository, const Descriptor& descriptor, std::size_t limit) {
  if (descriptor.size > limit)
    throw_error(ErrorKind::invalid, "blob {}: {} bytes, more than the {} allowed", descriptor.digest.str(),
                descriptor.size, limit);
  HttpResponse response;
  const std::string text = text_request({repository, "/blobs/" + descriptor.digest.str(), {}}, limit, response);
  check_blob(descriptor, text, "blob " + descriptor.digest.str());
  return text;
}

// One request for what is left. @return false when the consumer has enough
bool Registry::stream_part(HttpClient& client, const Call& call, std::uint64_t& offset, std::uint64_t size,
                           const std::function<bool(Bytes)>& take) {
  Call part = call;
  if (offset > 0) part.headers.push_back(format("Range: bytes={}-", offset));
  std::string problem;
  std::uint64_t to_skip = offset;  // a server without Range sends all again
  bool wanted = true, checked = false;
  const auto response = request(client, part, [&](const HttpResponse& head, Bytes data) {
    if (head.status != 200 && head.status != 206) {
      if (problem.size() < kMaxErrorBody) problem.append(reinterpret_cast<const char*>(data.data()), data.size());
      return true;
    }
    if (!checked && head.status == 206) {
      if (!head.header("content-range").starts_with(format("bytes {}-", offset)))
        throw_error(ErrorKind::invalid, "registry '{}': it answers a range request with another range", options_.host);
      to_skip = 0;
    }
    checked = true;
    const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(to_skip, data.size()));
    to_skip -= skipped;
    data = data.subspan(skipped);
    if (data.size() > size - offset)
      throw_error(ErrorKind::invalid, "registry '{}': a blob with more than the {} bytes promised", options_.host,
                  size);
    offset += data.size();
    wanted = data.empty() || take(data);
    return wanted;
  });
  if (response.status != 200 && response.status != 206) refuse(call, response.status, problem);
  return wanted;
}

void Registry::stream_blob(const std::string& repository, const Descriptor& descriptor, const FeedSink& sink,
                           ProgressLine& line) {
  const Call call{repository, "/blobs/" + descriptor.digest.str(), {}};
  HttpClient client;
  Hasher hasher(descriptor.digest.algorithm());
  std::uint64_t offset = 0;
  for (int attempt = 0; offset < descriptor.size || descriptor.size == 0;) {
    const std::uint64_t before = offset;
    std::string retry_after;
    try {
      const bool wanted = stream_part(client, call, offset, descriptor.size, [&](Bytes data) {
        hasher.update(data);
        line.add(data.size());
        return sink(data);
      });
      if (!wanted) return;
      if (offset == descriptor.size) break;
      if (offset == before)
        throw_error(ErrorKind::invalid, "blob {}: it has {} bytes, {} were promised", descriptor.digest.str(), offset,
                    descriptor.size);
    } catch (const Error& error) {
      if (offset > before) attempt = 0;  // it goes on
      if (!is_temporary(error) || attempt >= options_.retries) throw;
      if (const auto* busy = dynamic_cast<const BusyError*>(&error)) retry_after = busy->retry_after;
      log_debug("blob {} broke off at {}: {}", descriptor.digest.str(), offset, error.what());
    }
    if (offset < descriptor.size) pause_before_retry(attempt++, retry_after);
  }
  if (const Digest found = hasher.finish(); found != descriptor.digest)
    throw_error(ErrorKind::invalid, "blob {}: what the registry sent has digest {}", descriptor.digest.str(),
                found.str());
}

// Lists come in pages: Link: </v2/x/tags/list?last=b&n=1000>; rel="next". Only its query is taken: it stays at this
// registry and repository.
void Registry::list(Call call, const char* key, const std::function<bool(const std::string&)>& take) {
  const std::string path = call.path.substr(0, call.path.find('?'));
  const std::string what = format("list of {}", key);
  std::size_t count = 0;
  for (std::size_t page = 0; page < kMaxTagPages && count < kMaxTags; ++page) {
    HttpResponse response;
    const std::string text = text_request(call, kMaxManifest, response);
    const Json json = parse_json(text, what);
    const std::size_t before = count;
    for (const auto& item : JsonView(json, what + ":").get_strings(key)) {
      ++count;
      if (!take(item)) return;
    }
    const std::string link = response.header("link");
    const auto question = link.find('?'), close = link.find('>');
    if (question == std::string::npos || close == std::string::npos || close < question || count == before) return;
    call.path = path + link.substr(question, close - question);
  }
}

std::vector<std::string> Registry::tags(const std::string& repository) {
  std::vector<std::string> tags;
  list({repository, "/tags/list?n=1000"}, "tags", [&](const std::string& tag) {
    tags.push_back(tag);
    return true;
  });
  return tags;
}

void Registry::catalog(const std::function<bool(const std::string&)>& take) {
  list({"", "_catalog?n=1000"}, "repositories", take);
}

std::string Registry::search(const std::string& words, std::int64_t limit) {
  HttpResponse response;
  Call call{"", format("search?q={}&n={}", url_encode(words), limit)};
  call.version = "/v1/";
  return text_request(call, kMaxManifest, response);
}

}  // namespace lichen::image
