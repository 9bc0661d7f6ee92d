#include "libpod/image/http.hh"

#include <algorithm>
#include <mutex>

#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/image/auth_challenge.hh"
#include "libpod/sys/io.hh"

#include <curl/curl.h>
#include <openssl/evp.h>
#include <unistd.h>

namespace lichen::image {
namespace {

constexpr std::size_t kMaxHeaders = 128u << 10;
constexpr long kConnectSeconds = 15, kStallSeconds = 60;

struct SlistDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

void init_once() {
  static std::once_flag flag;
  std::call_once(flag, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

// A name, a certificate or a protocol that is wrong will be wrong again.
bool is_permanent(CURLcode code) {
  switch (code) {
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_COULDNT_RESOLVE_HOST:
      return true;
    default:
      return false;
  }
}

std::string hint_for(CURLcode code, const Origin& origin) {
  switch (code) {
    case CURLE_PEER_FAILED_VERIFICATION:
      return format(
          "put the certificate of its authority as ca.crt into ~/.config/containers/certs.d/{}:{}/, or use "
          "--tls-verify=false",
          origin.host, origin.port);
    case CURLE_SSL_CONNECT_ERROR:
      return "if this registry speaks plain HTTP, use --tls-verify=false or 'insecure = true' in registries.conf";
    case CURLE_COULDNT_RESOLVE_HOST:
      return "check the name of the registry and this machine's DNS";
    case CURLE_COULDNT_CONNECT:
      return "check that the registry runs and that a firewall or proxy lets it be reached";
    default:
      return "";
  }
}

}  // namespace

struct HttpClient::State {
  CURL* curl = nullptr;
  HttpResponse response;
  std::size_t header_bytes = 0;
  const Body* body = nullptr;
  bool stopped = false;
  std::exception_ptr error;
  char message[CURL_ERROR_SIZE] = "";

  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) {
    auto& state = *static_cast<State*>(self);
    const std::string_view line = trim(std::string_view(data, size * count));
    state.header_bytes += size * count;
    if (state.header_bytes > kMaxHeaders) return 0;
    if (line.starts_with("HTTP/")) {  // a new answer: after 100 Continue or a proxy's CONNECT
      state.response.headers.clear();
      const auto space = line.find(' ');
      state.response.status = space == std::string_view::npos
                                  ? 0
                                  : std::strtol(std::string(line.substr(space + 1, 3)).c_str(), nullptr, 10);
    } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
      state.response.headers.emplace(to_lower(line.substr(0, colon)), std::string(trim(line.substr(colon + 1))));
    }
    return size * count;
  }

  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) {
    auto& state = *static_cast<State*>(self);
    try {
      if ((*state.body)(state.response, Bytes(reinterpret_cast<const std::uint8_t*>(data), size * count)))
        return size * count;
      state.stopped = true;
    } catch (...) {
      state.error = std::current_exception();  // not through C frames
    }
    return size * count + 1;
  }

  // The file that goes out; by pread, so that a second try begins anew.
  const HttpRequest* request = nullptr;
  std::uint64_t sent = 0;
  static std::size_t on_upload(char* data, std::size_t size, std::size_t count, void* self) {
    auto& state = *static_cast<State*>(self);
    if (state.request->upload_source)
      return state.request->upload_source(data, size * count).value_or(CURL_READFUNC_ABORT);
    const std::uint64_t left = state.request->upload_size - state.sent;
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size * count, left));
    const ssize_t got =
        ::pread(state.request->upload_fd, data, wanted, static_cast<off_t>(state.request->upload_offset + state.sent));
    if (got < 0 || (got == 0 && wanted != 0)) return CURL_READFUNC_ABORT;
    state.sent += static_cast<std::uint64_t>(got);
    if (state.request->on_sent) state.request->on_sent(static_cast<std::size_t>(got));
    return static_cast<std::size_t>(got);
  }

  void set_body(const HttpRequest& what) {
    if (what.upload_fd >= 0 || what.upload_source) {
      request = &what;
      sent = 0;
      curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
      if (what.method != "PUT") curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, what.method.c_str());
      // Without a size libcurl sends "Transfer-Encoding: chunked".
      curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE,
                       what.upload_source ? curl_off_t{-1} : static_cast<curl_off_t>(what.upload_size));
      curl_easy_setopt(curl, CURLOPT_READFUNCTION, State::on_upload);
      curl_easy_setopt(curl, CURLOPT_READDATA, this);
      curl_easy_setopt(curl, CURLOPT_UPLOAD_BUFFERSIZE, 512L << 10);
    } else if (what.method == "DELETE") {
      curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "DELETE");
    } else if (what.method == "POST" || what.method == "PUT") {
      if (what.method == "PUT") curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "PUT");
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(what.body.size()));
      curl_easy_setopt(curl, CURLOPT_POSTFIELDS, what.body.c_str());
    }
  }
};

HttpClient::HttpClient() : state_(std::make_unique<State>()) {
  init_once();
  state_->curl = curl_easy_init();
  if (state_->curl == nullptr) throw_error(ErrorKind::system, "start the HTTP client");
}

HttpClient::~HttpClient() { curl_easy_cleanup(state_->curl); }

std::string HttpResponse::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

std::vector<std::string> HttpResponse::all(const std::string& name) const {
  std::vector<std::string> values;
  for (auto [it, end] = headers.equal_range(name); it != end; ++it) values.push_back(it->second);
  return values;
}

namespace {

void set_tls(CURL* curl, const HttpRequest& request, std::string& ca_text) {
  curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, request.verify_tls ? 1L : 0L);
  curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, request.verify_tls ? 2L : 0L);
  if (!request.tls.extra_ca.empty()) {
    // The system's authorities stay trusted, as with docker.
    char* system = nullptr;
    curl_easy_getinfo(curl, CURLINFO_CAINFO, &system);
    ca_text = system == nullptr ? "" : sys::read_file_if_exists(system).value_or("");
    ca_text += "\n" + request.tls.extra_ca;
    curl_blob blob{ca_text.data(), ca_text.size(), CURL_BLOB_NOCOPY};
    curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
  }
  if (!request.tls.certificate.empty()) {
    curl_easy_setopt(curl, CURLOPT_SSLCERT, request.tls.certificate.c_str());
    curl_easy_setopt(curl, CURLOPT_SSLKEY, request.tls.key.c_str());
  }
}

}  // namespace

HttpResponse HttpClient::send(const HttpRequest& request, const Body& body) {
  State& state = *state_;
  CURL* curl = state.curl;
  const Origin origin = url_origin(request.url);
  state.response = {};
  state.header_bytes = 0;
  state.body = &body;
  state.stopped = false;
  state.error = nullptr;
  state.message[0] = '\0';

  curl_easy_reset(curl);  // connections stay
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "lichen/0.1");
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, kStallSeconds);
  curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, 512L << 10);
  curl_easy_setopt(curl, CURLOPT_HTTP_VERSION,
                   static_cast<long>(CURL_HTTP_VERSION_1_1));  // one stream a connection: faster for blobs
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, state.message);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, State::on_header);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &state);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, State::on_body);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &state);
  curl_easy_setopt(curl, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(curl, CURLOPT_HEADEROPT, static_cast<long>(CURLHEADER_SEPARATE));  // a proxy gets none of ours
  if (is_loopback(origin.host)) curl_easy_setopt(curl, CURLOPT_PROXY, "");            // as Go's ProxyFromEnvironment
  if (request.method == "HEAD") curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
  state.set_body(request);
  std::string ca_text;
  set_tls(curl, request, ca_text);
  std::unique_ptr<curl_slist, SlistDeleter> headers;
  const auto add_header = [&](const std::string& line) {
    headers.reset(curl_slist_append(headers.release(), line.c_str()));
  };
  for (const auto& line : request.headers) add_header(line);
  if (request.method == "PUT" || request.method == "PATCH")
    add_header("Expect:");  // a refusal comes soon enough without asking first
  if (!request.authorization.empty()) add_header("Authorization: " + request.authorization);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());

  const CURLcode code = curl_easy_perform(curl);
  if (state.error) std::rethrow_exception(state.error);
  if (code != CURLE_OK && !state.stopped) {
    const std::string cause = state.message[0] != '\0' ? state.message : curl_easy_strerror(code);
    TransportError error(format("{} '{}': {}", request.method, origin.str(), printable(cause)), code,
                         is_permanent(code));
    error.with_hint(hint_for(code, origin));
    throw error;
  }
  return std::move(state.response);
}

HttpResponse HttpClient::send(const HttpRequest& request, std::string& text, std::size_t limit) {
  text.clear();
  return send(request, [&](const HttpResponse&, Bytes data) {
    if (text.size() + data.size() > limit)
      throw_error(ErrorKind::invalid, "answer of '{}': longer than the {} bytes allowed", url_origin(request.url).str(),
                  limit);
    text.append(reinterpret_cast<const char*>(data.data()), data.size());
    return true;
  });
}

std::string url_encode(std::string_view text) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
        c == '_' || c == '~')
      out += c;
    else
      (out += '%') += {kHex[byte >> 4], kHex[byte & 15]};
  }
  return out;
}

std::string base64_encode(std::string_view text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(size));
  return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0 || text.size() > (1u << 24)) return std::nullopt;
  std::string out(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (size < 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

}  // namespace lichen::image
