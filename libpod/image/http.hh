// One HTTP request after the other over libcurl, with limits; redirects are the caller's to see.
//
// No cookies, no automatic redirects, no other protocol than http and https, no credentials from .netrc or URLs. TLS is
// verified unless the caller says otherwise for this very host.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libpod/base/error.hh"
#include "libpod/image/channel.hh"

namespace lichen::image {

struct TlsFiles {
  std::string extra_ca;          // PEM text that is trusted beside the system's
  std::string certificate, key;  // paths of a client certificate
};

struct HttpRequest {
  std::string method = "GET";  // GET HEAD POST PUT PATCH DELETE
  std::string url;
  std::vector<std::string> headers;  // "Name: value"
  std::string authorization;         // value of that header, or empty
  std::string body;                  // POST, PUT: sent as it is
  int upload_fd = -1;                // PUT, PATCH: `upload_size` bytes of this file instead of `body`
  std::uint64_t upload_offset = 0, upload_size = 0;
  /// PUT, PATCH: instead of a file, bytes whose number nobody knows yet. Fills the buffer as far as it can, waits when
  /// there is nothing. @return how many; 0: the end; nullopt: give up
  std::function<std::optional<std::size_t>(char* out, std::size_t size)> upload_source;
  std::function<void(std::size_t)> on_sent;  // told as the file goes out
  bool verify_tls = true;
  TlsFiles tls;
};

struct HttpResponse {
  long status = 0;
  std::multimap<std::string, std::string> headers;  // names in lower case
  std::string header(const std::string& name) const;
  std::vector<std::string> all(const std::string& name) const;
};

/// A request that got no (whole) answer. Worth a retry unless `permanent`.
class TransportError : public Error {
 public:
  TransportError(std::string message, int code, bool is_permanent)
      : Error(ErrorKind::network, std::move(message)), curl_code(code), permanent(is_permanent) {}
  int curl_code;
  bool permanent;
};

class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  /// Called for each piece of the body, with the response's status and headers. @return false to stop: then send()
  /// returns
  using Body = std::function<bool(const HttpResponse&, Bytes)>;

  /// @throws TransportError; what `body` throws
  HttpResponse send(const HttpRequest& request, const Body& body);
  /// The whole body as text. @throws Error{invalid} it is longer than `limit`
  HttpResponse send(const HttpRequest& request, std::string& text, std::size_t limit);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string url_encode(std::string_view text);
std::string base64_encode(std::string_view text);
/// nullopt when it is malformed.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace lichen::image
