#include "buildah/language/remote.hh"

#include <algorithm>
#include <map>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"

namespace lichen::language {
namespace {

constexpr std::string_view kHidden = "xxxxx";

[[noreturn]] void refuse(std::string_view text, std::string_view why, std::string hint = {}) {
  throw Error(ErrorKind::invalid, format("'{}': {}", printable(without_credentials(std::string(text))), why))
      .with_hint(std::move(hint));
}

bool is_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string decode(std::string_view text, std::string_view whole, bool is_query = false) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
      if (high < 0 || low < 0) refuse(whole, "'%' must be followed by two hex digits");
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += is_query && text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// scheme://[user@]host[:port]path[?query][#fragment]
struct Parts {
  std::string scheme, user, host, authority, path, query, fragment;
  bool has_user = false;
};

bool is_host(std::string_view host) {
  if (host.empty() || host.front() == '-') return false;
  if (host.front() == '[')
    return host.back() == ']' && host.find_first_not_of("[]0123456789abcdefABCDEF:.") == std::string_view::npos;
  return std::ranges::all_of(host, [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' || c == '_';
  });
}

void split_authority(std::string_view whole, std::string_view text, Parts& parts) {
  if (const auto at = text.rfind('@'); at != std::string_view::npos) {
    parts.has_user = true;
    parts.user = decode(text.substr(0, at), whole);
    text.remove_prefix(at + 1);
  }
  parts.authority = to_lower(text);
  const auto bracket = text.find(']');
  const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  parts.host = to_lower(text.substr(0, colon));
  if (!is_host(parts.host)) refuse(whole, "there is no name of a host in it");
  if (colon == std::string_view::npos) return;
  const auto port = parse_uint(text.substr(colon + 1));
  if (!port || *port == 0 || *port > 65535) refuse(whole, "its port is not a number from 1 to 65535");
}

Parts split_url(std::string_view whole, std::string scheme, std::string_view rest) {
  Parts parts;
  parts.scheme = std::move(scheme);
  if (const auto hash = rest.find('#'); hash != std::string_view::npos) {
    parts.fragment = decode(rest.substr(hash + 1), whole);
    rest = rest.substr(0, hash);
  }
  if (const auto mark = rest.find('?'); mark != std::string_view::npos) {
    parts.query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  const auto slash = rest.find('/');
  split_authority(whole, rest.substr(0, slash), parts);
  if (slash != std::string_view::npos) parts.path = rest.substr(slash);
  return parts;
}

// The rules of git-check-ref-format(1), as far as what breaks them could mean something else to git.
std::string checked_ref(std::string_view whole, const std::string& ref) {
  const bool is_bad = ref.starts_with('-') || ref.starts_with('/') || ref.ends_with('/') || ref.ends_with('.') ||
                      ref.find("..") != std::string::npos || ref.find("@{") != std::string::npos ||
                      ref.find("//") != std::string::npos || ref.find_first_of(" ~^:?*[\\") != std::string::npos ||
                      has_control(ref);
  if (is_bad) refuse(whole, format("'{}' cannot be the name of a branch or tag, nor a commit", printable(ref)));
  return ref;
}

std::string checked_directory(std::string_view whole, const std::string& directory) {
  if (has_control(directory)) refuse(whole, "its directory holds a control character");
  for (const auto& part : split(directory, '/'))
    if (part == ".." || part.starts_with('-'))
      refuse(whole, format("the directory '{}' may not leave the repository or begin with '-'", printable(directory)));
  const std::string clean = clean_path("/" + directory).substr(1);
  return clean;
}

void set_once(std::string_view whole, std::string_view what, std::string& member, const std::string& value) {
  if (!member.empty() && member != value)
    refuse(whole, format("{} is given twice, as '{}' and '{}'", what, printable(member), printable(value)));
  member = value;
}

bool truth(std::string_view whole, const std::string& key, const std::string& value) {
  if (value.empty()) return true;
  const auto yes = parse_bool(value);
  if (!yes) refuse(whole, format("{}={} is neither true nor false", key, printable(value)));
  return *yes;
}

std::string with_prefix(std::string_view prefix, const std::string& name) {
  return name.starts_with(prefix) ? name : std::string(prefix) + name;
}

void apply_query(std::string_view whole, std::string_view query, GitPlace& place) {
  std::map<std::string, std::string> values;
  for (const auto& field : split(query, '&')) {
    if (field.empty()) continue;
    const auto equals = field.find('=');
    const std::string key = decode(field.substr(0, equals), whole, true);
    const std::string value = equals == std::string::npos ? "" : decode(field.substr(equals + 1), whole, true);
    if (!values.emplace(key, value).second) refuse(whole, format("'{}' is given twice", printable(key)));
    if (key == "keep-git-dir") {
      place.keeps_git_dir = truth(whole, key, value);
    } else if (key == "submodules") {
      place.takes_submodules = truth(whole, key, value);
    } else if (key != "ref" && key != "tag" && key != "branch" && key != "subdir" && key != "checksum" &&
               key != "commit") {
      refuse(whole, format("'{}' is not known in the query of a repository", printable(key)),
             "ref, branch, tag, commit (or checksum), subdir, keep-git-dir and submodules are");
    } else if (value.empty()) {
      refuse(whole, format("'{}' has no value", key));
    }
  }
  if (values.contains("branch") && values.contains("tag")) refuse(whole, "it names a branch and a tag");
  if (values.contains("ref")) set_once(whole, "the reference", place.ref, values["ref"]);
  if (values.contains("tag")) set_once(whole, "the reference", place.ref, with_prefix("refs/tags/", values["tag"]));
  if (values.contains("branch"))
    set_once(whole, "the reference", place.ref, with_prefix("refs/heads/", values["branch"]));
  if (values.contains("subdir")) set_once(whole, "the directory", place.directory, values["subdir"]);
  for (const char* key : {"checksum", "commit"})
    if (values.contains(key)) set_once(whole, "the commit", place.checksum, parse_commit_checksum(values[key]));
}

void apply_fragment(std::string_view fragment, GitPlace& place) {
  const auto colon = fragment.find(':');
  place.ref = fragment.substr(0, colon);
  if (colon != std::string_view::npos) place.directory = fragment.substr(colon + 1);
}

GitPlace finished(std::string_view whole, GitPlace place) {
  place.ref = checked_ref(whole, place.ref);
  place.directory = checked_directory(whole, place.directory);
  if (place.ref.empty() && is_commit(place.checksum)) place.ref = place.checksum;
  return place;
}

GitPlace git_place(std::string_view whole, const Parts& parts) {
  GitPlace place;
  place.scheme = parts.scheme;
  place.host = parts.host;
  const bool is_http = parts.scheme == "http" || parts.scheme == "https";
  if (is_http) place.credentials = parts.user;
  if (parts.path.empty() || parts.path == "/") refuse(whole, "it names a host and no repository");
  if (parts.scheme == "ssh" && parts.user.find(':') != std::string::npos)
    refuse(whole, "a password has no effect with ssh", "give the build an agent: --ssh default");
  if (parts.scheme == "git" && parts.has_user) refuse(whole, "git:// knows no users");
  if (parts.scheme == "ssh" && (parts.user.starts_with('-') || parts.user.find_first_of("@/ ") != std::string::npos))
    refuse(whole, "that cannot be a user");
  place.url = format("{}://{}{}{}", parts.scheme, parts.scheme == "ssh" && parts.has_user ? parts.user + "@" : "",
                     parts.authority, parts.path);
  apply_fragment(parts.fragment, place);
  apply_query(whole, parts.query, place);
  return finished(whole, std::move(place));
}

// [user@]host:path[#fragment], as scp has it. Without a user only when the path ends in ".git": a local name may hold a
// colon too.
std::optional<RemotePlace> parse_scp(std::string_view text) {
  const auto hash = text.find('#');
  std::string_view rest = text.substr(0, hash);
  const auto colon = rest.find(':');
  if (colon == std::string_view::npos || rest.find('/') < colon) return std::nullopt;
  std::string_view host = rest.substr(0, colon), path = rest.substr(colon + 1), user;
  if (const auto at = host.find('@'); at != std::string_view::npos) {
    user = host.substr(0, at);
    host.remove_prefix(at + 1);
    const bool is_user = !user.empty() && user.front() != '-' && std::ranges::all_of(user, [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    });
    if (!is_user) return std::nullopt;
  } else if (!path.ends_with(".git")) {
    return std::nullopt;
  }
  // "ext::command" is git's way to start a program, and no host.
  const bool is_odd = path.empty() || path.front() == ':' || path.front() == '-' || has_control(text) ||
                      path.find("://") != std::string_view::npos;
  if (is_odd || !is_host(host) || host.front() == '[')
    refuse(text, "it is not a repository that lichen takes files from", "write ssh://USER@HOST/PATH");
  GitPlace place;
  place.scheme = "ssh";
  place.host = to_lower(host);
  place.url = rest;
  if (hash != std::string_view::npos) apply_fragment(text.substr(hash + 1), place);
  return finished(text, std::move(place));
}

UrlPlace url_place(std::string_view whole, const Parts& parts) {
  UrlPlace place;
  place.host = parts.host;
  place.credentials = parts.user;
  place.url =
      format("{}://{}{}{}{}", parts.scheme, parts.authority, parts.path, parts.query.empty() ? "" : "?", parts.query);
  const std::string path = decode(parts.path, whole);
  place.name = path.substr(path.rfind('/') == std::string::npos ? path.size() : path.rfind('/') + 1);
  if (place.name == "." || place.name == ".." || has_control(place.name)) refuse(whole, "its path names no file");
  return place;
}

}  // namespace

bool is_commit(std::string_view text) { return (text.size() == 40 || text.size() == 64) && is_hex(text); }

std::string parse_commit_checksum(std::string_view text) {
  std::string lower = to_lower(text);
  if (lower.size() < 7 || lower.size() > 64 || !is_hex(lower))
    throw Error(ErrorKind::invalid, format("'{}' is not the id of a commit", printable(text)))
        .with_hint("give its 40 hex digits, as `git rev-parse HEAD` prints them");
  return lower;
}

bool is_content_checksum(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return false;
  const auto kind = text.substr(0, colon), digits = text.substr(colon + 1);
  const std::size_t size = kind == "sha256" ? 64 : kind == "sha384" ? 96 : kind == "sha512" ? 128 : 0;
  return size != 0 && digits.size() == size && is_hex(digits);
}

std::optional<RemotePlace> parse_remote(std::string_view text, RemoteUse use) {
  if (text.empty() || text.starts_with('/') || text.starts_with('.')) return std::nullopt;
  const auto end = text.find("://");
  const bool has_scheme =
      end != std::string_view::npos && end != 0 && std::ranges::all_of(text.substr(0, end), [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
      });
  const bool is_short = use == RemoteUse::context && text.starts_with("github.com/");
  if (!has_scheme && !is_short) return parse_scp(text);
  if (has_control(text) || text.find_first_of(" \\") != std::string_view::npos)
    refuse(text, "a URL holds no spaces, backslashes or control characters", "write a space as %20");
  if (is_short) return git_place(text, split_url(text, "https", text));
  const std::string scheme = to_lower(text.substr(0, end));
  if (scheme != "http" && scheme != "https" && scheme != "git" && scheme != "ssh")
    throw Error(ErrorKind::unsupported, format("'{}': a build takes no files from {}://", printable(text), scheme))
        .with_hint("http, https, ssh and git are known; a local file is named by its path in the context");
  const Parts parts = split_url(text, scheme, text.substr(end + 3));
  const bool is_file = scheme.starts_with("http") && !parts.path.ends_with(".git");
  return is_file ? RemotePlace(url_place(text, parts)) : RemotePlace(git_place(text, parts));
}

std::string without_credentials(std::string text) {
  for (std::size_t from = 0;;) {
    const auto start = text.find("://", from);
    if (start == std::string::npos) return text;
    from = start + 3;
    const auto end = std::min(text.find_first_of("/?# \t\n\"'", from), text.size());
    const auto at = text.rfind('@', end);
    if (at == std::string::npos || at < from || at >= end) continue;
    // "ssh://git@host" names a user and no secret; the user of http may be a token.
    const bool is_http =
        start >= 4 && to_lower(text.substr(start < 5 ? 0 : start - 5, 5)).find("http") != std::string::npos;
    if (is_http || text.find(':', from) < at) text.replace(from, at - from, kHidden);
  }
}

}  // namespace lichen::language
