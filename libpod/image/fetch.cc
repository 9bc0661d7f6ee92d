#include "libpod/image/fetch.hh"

#include <csignal>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/base/time.hh"
#include "libpod/image/hash.hh"
#include "libpod/image/host_certificates.hh"
#include "libpod/image/limits.hh"
#include "libpod/image/registry_choice.hh"
#include "libpod/image/unpack.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/wire/fetch_url.hh"

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace lichen::image {
namespace {

constexpr int kMaxRedirects = 10;  // as Go's client, which docker uses
// A Last-Modified is a strong validator when it is this much older than the answer (RFC 9110 section 8.8.2.2).
constexpr std::int64_t kSurelyOlder = 60;

bool is_redirect(long status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

bool is_success(long status) { return status >= 200 && status < 300 && status != 206; }

struct Checksum {
  std::string algorithm, text;
};

Checksum parse_checksum(const std::string& text) {
  if (text.empty()) return {"sha256", ""};
  const auto parts = cut(text, ':');
  const std::size_t size = !parts                     ? 0
                           : parts->first == "sha256" ? 64
                           : parts->first == "sha384" ? 96
                           : parts->first == "sha512" ? 128
                                                      : 0;
  if (size == 0 || parts->second.size() != size ||
      parts->second.find_first_not_of("0123456789abcdef") != std::string::npos)
    throw Error(ErrorKind::invalid, format("checksum '{}': it is not of the form sha256:HEX", printable(text)))
        .with_hint("sha256, sha384 and sha512 are known, with lower-case hex digits");
  return {parts->first, text};
}

std::int64_t seconds_of(const std::string& date) {
  return date.empty() ? -1 : static_cast<std::int64_t>(curl_getdate(date.c_str(), nullptr));
}

// The file while it comes; gone again unless it is kept.
class Download {
 public:
  Download(const std::string& path, std::uint64_t limit, const std::string& algorithm)
      : path_(path),
        limit_(limit),
        space_(parent_path(path), kUnknownSize),
        hasher_(algorithm),
        file_(sys::open_path(path, O_WRONLY | O_CREAT | O_EXCL, 0600)) {}
  Download(const Download&) = delete;
  Download& operator=(const Download&) = delete;
  ~Download() {
    if (!is_kept_) ::unlink(path_.c_str());
  }

  // What the server says before it sends: better refused now than after hours.
  void announce(const std::string& length) const {
    const auto size = parse_uint(length);
    if (!size) return;
    check_limit(*size);
    struct statvfs info {};
    if (::statvfs(path_.c_str(), &info) != 0) return;
    const std::uint64_t left = static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
    if (*size > left)
      throw Error(ErrorKind::system,
                  format("No space left for its {}: there are {}", human_size(static_cast<double>(*size)),
                         human_size(static_cast<double>(left))),
                  ENOSPC)
          .with_hint("free space, for instance with 'lichen system prune', or choose another place with --root");
  }

  void add(Bytes data) {
    size_ += data.size();
    check_limit(size_);
    space_.add(data.size());
    hasher_.update(data);
    sys::write_all(file_.get(), {reinterpret_cast<const char*>(data.data()), data.size()}, "the file");
  }

  std::uint64_t size() const { return size_; }
  std::string digest() { return hasher_.finish_text(); }
  void keep() { is_kept_ = true; }

 private:
  void check_limit(std::uint64_t size) const {
    if (limit_ != 0 && size > limit_) throw_error(ErrorKind::invalid, "it is longer than the {} bytes allowed", limit_);
  }

  std::string path_;
  std::uint64_t limit_, size_ = 0;
  SpaceGuard space_;
  Hasher hasher_;
  sys::UniqueFd file_;
  bool is_kept_ = false;
};

class Fetch {
 public:
  Fetch(const wire::ImageRequest& request, wire::FetchOrder order, Progress& progress)
      : order_(std::move(order)), progress_(progress), checksum_(parse_checksum(order_.checksum)) {
    const auto options = registry_options(request, {});
    certificates_ = options.cert_directories;
    verifies_ = !options.everywhere_insecure;
  }

  wire::FetchAnswer run() {
    Download file(order_.output, order_.max_size, checksum_.algorithm);
    const HttpResponse response = follow(file);
    wire::FetchAnswer answer;
    if (response.status == 304 || is_known(response)) {
      answer.is_unchanged = true;
      return answer;
    }
    answer.digest = file.digest();
    answer.size = file.size();
    if (!checksum_.text.empty() && answer.digest != checksum_.text)
      throw Error(ErrorKind::invalid,
                  format("digest mismatch: it is {}, and {} was expected", answer.digest, checksum_.text))
          .with_hint("either the file has changed at its source, or it is not what it should be");
    describe(response, answer);
    file.keep();
    return answer;
  }

 private:
  HttpRequest first_request() const {
    HttpRequest request;
    request.url = order_.url;
    request.authorization = order_.authorization;
    if (request.authorization.empty() && !order_.credentials.empty())
      request.authorization = "Basic " + base64_encode(order_.credentials);
    if (!order_.etag.empty()) request.headers.push_back("If-None-Match: " + order_.etag);
    if (order_.etag.empty() && !order_.last_modified.empty())
      request.headers.push_back("If-Modified-Since: " + order_.last_modified);
    return request;
  }

  // Some servers name the very tag that they were asked about, and send everything again.
  bool is_known(const HttpResponse& head) const { return !order_.etag.empty() && head.header("etag") == order_.etag; }

  HttpResponse follow(Download& file) {
    HttpRequest request = first_request();
    const bool is_conditional = !request.headers.empty();
    for (int hops = 0;; ++hops) {
      const auto response = send(request, file);
      if (is_success(response.status) || (response.status == 304 && is_conditional)) return response;
      if (!is_redirect(response.status)) refuse(response.status);
      const std::string location = response.header("location");
      if (location.empty()) throw_error(ErrorKind::network, "the server redirects to nowhere");
      if (hops == kMaxRedirects) throw_error(ErrorKind::network, "more than {} redirects", kMaxRedirects);
      const std::string next = resolve_url(request.url, location);
      const Origin from = url_origin(request.url), to = url_origin(next);
      if (from.scheme == "https" && to.scheme != "https")
        throw_error(ErrorKind::permission, "it redirects from https to http on '{}'", to.host);
      if (from != to) request.authorization.clear();
      request.url = next;
    }
  }

  HttpResponse send(HttpRequest& request, Download& file) {
    request.verify_tls = verifies_;
    request.tls = find_tls_files(certificates_, "", url_origin(request.url));
    try {
      return client_.send(request, [&](const HttpResponse& head, Bytes data) {
        if (!is_success(head.status) || is_known(head)) return false;  // a page about it, of any length
        if (!line_) {
          file.announce(head.header("content-length"));
          line_ = progress_.line(order_.url, parse_uint(head.header("content-length")).value_or(0));
        }
        line_->add(data.size());
        file.add(data);
        return true;
      });
    } catch (TransportError& error) {
      if (error.hint().find("certs.d") == std::string::npos)
        error.with_hint("check the URL, this machine's DNS, and its proxy if there is one");
      throw;
    }
  }

  [[noreturn]] void refuse(long status) const {
    if (status == 404 || status == 410)
      throw_error(ErrorKind::not_found, "the server has no such file (status {})", status);
    if (status == 401 || status == 403)
      throw Error(ErrorKind::permission, format("the server refuses it (status {})", status))
          .with_hint(format("a token can come as a secret: --secret id=HTTP_AUTH_TOKEN_{},src=FILE",
                            url_origin(order_.url).host));
    throw_error(ErrorKind::network, "the server answers with status {}", status);
  }

  static void describe(const HttpResponse& response, wire::FetchAnswer& answer) {
    answer.etag = response.header("etag");
    answer.name = suggested_name(response.header("content-disposition"));
    const std::string modified = response.header("last-modified");
    answer.modified = seconds_of(modified);
    const std::int64_t sent = seconds_of(response.header("date"));
    if (answer.modified >= 0 && sent - answer.modified >= kSurelyOlder) answer.last_modified = modified;
  }

  wire::FetchOrder order_;
  Progress& progress_;
  Checksum checksum_;
  std::vector<std::string> certificates_;
  bool verifies_ = true;
  HttpClient client_;
  std::shared_ptr<ProgressLine> line_;
};

std::string unquoted(std::string_view value) {
  value = trim(value);
  if (!value.starts_with('"')) return std::string(value.substr(0, value.find(';')));
  std::string out;
  for (std::size_t i = 1; i < value.size() && value[i] != '"'; ++i) {
    if (value[i] == '\\' && i + 1 < value.size()) ++i;
    out += value[i];
  }
  return out;
}

std::string percent_decoded(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = text[i] == '%' && i + 2 < text.size() ? text.substr(i + 1, 2) : "";
    if (byte.empty() || byte.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
      out += text[i];
      continue;
    }
    out += static_cast<char>(std::stoi(byte, nullptr, 16));
    i += 2;
  }
  return out;
}

}  // namespace

std::string suggested_name(std::string_view disposition) {
  const std::string lower = to_lower(disposition);
  std::string name;
  if (const auto star = lower.find("filename*="); star != std::string::npos) {
    const std::string value = unquoted(disposition.substr(star + 10));
    if (to_lower(value).starts_with("utf-8'"))
      if (const auto quote = value.find('\'', 6); quote != std::string::npos)
        name = percent_decoded(value.substr(quote + 1));
  }
  if (const auto plain = lower.find("filename="); name.empty() && plain != std::string::npos)
    name = unquoted(disposition.substr(plain + 9));
  name = name.substr(name.find_last_of("/\\") == std::string::npos ? 0 : name.find_last_of("/\\") + 1);
  const bool is_safe = name != "." && name != ".." && name.size() <= 255 && std::ranges::none_of(name, [](char c) {
                         return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
                       });
  return is_safe ? name : "";
}

wire::ImageResult fetch_file(const store::Paths&, const wire::ImageRequest& request, Progress& progress) {
  // A limit on the size of files is then an error that says so, and not our end.
  std::signal(SIGXFSZ, SIG_IGN);
  const auto order = wire::fetch_order_from_json(parse_json(request.config, "order"));
  wire::ImageResult result;
  try {
    result.documents.push_back(to_json(Fetch(request, order, progress).run()));
  } catch (Error& error) {
    error.add_context(format("fetch '{}'", printable(order.url)));
    throw;
  }
  return result;
}

}  // namespace lichen::image
