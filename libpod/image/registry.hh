// A client of one registry (OCI distribution-spec 1.1; docker's token authentication).
//
// Rules that hold for every request (security.md C30):
//   - credentials and tokens go to the registry's own origin; a redirect to another one is followed without them
//   - the token server may be another host only as auth_challenge.hh's may_send_credentials says; else it is asked
//   without a password
//   - https never becomes http by a redirect; http is spoken only to loopback and to registries declared insecure,
//   after https
//     failed in its handshake
//   - `urls` of foreign layers are not used: blobs come from the registry or not at all
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "libpod/image/auth_challenge.hh"
#include "libpod/image/credentials.hh"
#include "libpod/image/http.hh"
#include "libpod/image/layer_import.hh"
#include "libpod/image/manifest.hh"
#include "libpod/image/progress.hh"

namespace lichen::image {

struct RegistryOptions {
  std::string host;                           // to connect to: "registry-1.docker.io"
  std::string credentials_host;               // as named in files: "docker.io"
  bool insecure = false;                      // plain HTTP and unverified TLS
  bool everywhere_insecure = false;           // --tls-verify=false: for token servers and redirects too
  std::vector<std::string> cert_directories;  // each has <host[:port]>/{*.crt,*.cert,*.key}
  std::string cert_dir;                       // --cert-dir: the directory itself, for this registry
  int retries = 3;
  std::optional<std::chrono::milliseconds> retry_delay;  // between tries; nullopt: longer each time
  bool pushes = false;                                   // tokens are asked for writing too
  bool only_greets = false;                              // login: a token for nothing in particular
};

struct FetchedManifest {
  std::string text, content_type;
  Digest digest;  // of text
};

class Registry {
 public:
  Registry(RegistryOptions options, const CredentialSource& credentials);

  /// @param reference  tag or digest. The digest of the text is checked against a digest and against
  /// Docker-Content-Digest.
  /// @throws Error{not_found|permission|network|invalid}
  FetchedManifest manifest(const std::string& repository, const std::string& reference);
  /// A small blob as text, checked. @throws Error{invalid} also when it is larger than `limit`
  std::string blob(const std::string& repository, const Descriptor& descriptor, std::size_t limit);
  /// A blob as a stream, checked; a connection that breaks is continued by Range. May be called from several threads.
  void stream_blob(const std::string& repository, const Descriptor& descriptor, const FeedSink& sink,
                   ProgressLine& line);
  /// Are these the registry's credentials? One request to /v2/. @throws Error{permission} they are not, or none is
  /// there
  void ping();

  // registry_push.cc: what goes there. Each tries again by itself when the registry is busy.
  /// Whether the repository has the blob.
  bool has_blob(const std::string& repository, const Digest& digest);
  /// Take over the blob from another repository of this registry. @return false: it must be uploaded
  bool mount_blob(const std::string& repository, const Digest& digest, const std::string& from);
  /// Upload the first `descriptor.size` bytes of `file`: in one piece, or, when that breaks or is too large for the
  /// registry, in several. @param line  told of what has gone out
  void upload_blob(const std::string& repository, const Descriptor& descriptor, int file, ProgressLine& line);
  /// A blob whose size and digest are not known yet: `source` is HttpRequest::upload_source. One try.
  /// @return where finish_stream or abandon_stream goes. @throws Error when it broke, or the registry takes none
  std::string stream_up(const std::string& repository,
                        const std::function<std::optional<std::size_t>(char*, std::size_t)>& source);
  void finish_stream(const std::string& repository, const std::string& location, const Digest& digest);
  void abandon_stream(const std::string& repository, const std::string& location) noexcept;
  /// @param reference  tag or digest
  void put_manifest(const std::string& repository, const std::string& reference, const std::string& text,
                    const std::string& media_type);

  /// All tags, sorted by the registry; follows Link as far as the same registry goes.
  std::vector<std::string> tags(const std::string& repository);
  /// Names of the registry's repositories, page by page. @param take  false: enough
  void catalog(const std::function<bool(const std::string& repository)>& take);
  /// The answer of docker's search (GET /v1/search). @throws Error{not_found} the registry has none
  std::string search(const std::string& words, std::int64_t limit);

  const std::string& host() const { return options_.host; }

 private:
  struct Call {
    std::string repository, path;  // path below /v2/<repository>; of the registry itself when there is no repository
    std::vector<std::string> headers = {};
    std::string version = "/v2/";
    std::string method = "GET";
    std::string body = {};
  };
  using Handler = HttpClient::Body;
  struct UploadSession {
    std::string location;      // empty: none is open
    std::uint64_t offset = 0;  // what the registry has
  };

  HttpResponse request(HttpClient& client, const Call& call, const Handler& body);
  HttpResponse request_once(HttpClient& client, const Call& call, const std::string& authorization,
                            const Handler& body);
  HttpResponse send_first(HttpClient& client, HttpRequest& request, const std::string& rest, const Handler& body);
  HttpResponse follow(HttpClient& client, HttpRequest request, HttpResponse response, const Handler& body);
  std::string authorize(HttpClient& client, const std::string& repository, const HttpResponse& refused);
  std::string fetch_token(HttpClient& client, const std::string& repository, const AuthChallenge& challenge);
  bool never_reached(const Error& error);
  HttpResponse write_request(const Call& call, std::string& answer);
  template <typename F>
  auto with_retries(F attempt);
  std::string begin_upload(const std::string& repository, const std::string& query, bool& mounted);
  HttpResponse send_to_session(const std::string& repository, HttpRequest& request, std::string& answer);
  std::string session_location(const std::string& request_url, const HttpResponse& response) const;
  void put_whole(const std::string& repository, const Descriptor& descriptor, int file, ProgressLine& line);
  void put_pieces(const std::string& repository, const Descriptor& descriptor, int file, ProgressLine& line,
                  UploadSession& session);
  void list(Call call, const char* key, const std::function<bool(const std::string&)>& take);
  std::string text_request(const Call& call, std::size_t limit, HttpResponse& response);
  std::string authorization_for(const std::string& repository);
  bool stream_part(HttpClient& client, const Call& call, std::uint64_t& offset, std::uint64_t size,
                   const std::function<bool(Bytes)>& take);
  void pause_before_retry(int attempt, const std::string& retry_after) const;
  void set_tls(HttpRequest& request) const;
  std::string scheme();
  [[noreturn]] void refuse(const Call& call, long status, const std::string& body) const;

  RegistryOptions options_;
  const CredentialSource& credentials_;
  std::mutex mutex_;                                  // guards what follows
  std::string scheme_;                                // once it is known
  std::map<std::string, std::string> authorization_;  // repository -> header value
};

/// A status that asks for another try.
class BusyError : public Error {
 public:
  BusyError(std::string message, std::string wait)
      : Error(ErrorKind::network, std::move(message)), retry_after(std::move(wait)) {}
  std::string retry_after;
};

/// Whether a failure may go away by itself.
bool is_temporary(const Error& error);

}  // namespace lichen::image
