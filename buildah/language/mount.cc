// One table says which key belongs to which type of mount (Dockerfile reference, "RUN --mount"; Buildah's own keys are
// at the end); reading, checking and suggestions follow it.
#include "buildah/language/mount.hh"

#include <algorithm>
#include <array>

#include "buildah/language/instruction.hh"
#include "libpod/base/error.hh"
#include "libpod/base/format.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"

namespace lichen::language {
namespace {

constexpr unsigned kBind = 1, kCache = 2, kTmpfs = 4, kSecret = 8, kSsh = 16;
constexpr unsigned kAll = 31;

struct KeyRow {
  std::string_view written;
  std::string_view key;  // what it is an alias of
  unsigned types;
  bool needs_value;
};

constexpr auto kKeys = std::to_array<KeyRow>({
    {"type", "type", kAll, true},
    {"target", "target", kAll, true},
    {"dst", "target", kAll, true},
    {"destination", "target", kAll, true},
    {"source", "source", kBind | kCache | kSecret, true},
    {"src", "source", kBind | kCache | kSecret, true},
    {"from", "from", kBind | kCache, true},
    {"ro", "ro", kAll, false},
    {"readonly", "ro", kAll, false},
    {"rw", "rw", kBind | kCache | kTmpfs, false},
    {"readwrite", "rw", kBind | kCache | kTmpfs, false},
    {"id", "id", kCache | kSecret | kSsh, true},
    {"sharing", "sharing", kCache, true},
    {"required", "required", kSecret | kSsh, false},
    {"env", "env", kSecret, true},
    {"size", "size", kTmpfs, true},
    {"mode", "mode", kCache | kSecret | kSsh, true},
    {"uid", "uid", kCache | kSecret | kSsh, true},
    {"gid", "gid", kCache | kSecret | kSsh, true},
    // Buildah's
    {"tmpfs-size", "size", kTmpfs, true},
    {"tmpfs-mode", "tmpfs-mode", kTmpfs, true},
    {"z", "z", kBind, false},
    {"Z", "Z", kBind, false},
    {"U", "U", kBind, false},
    {"relabel", "relabel", kBind, true},
    {"bind-propagation", "bind-propagation", kBind, true},
});

constexpr std::array<std::string_view, 5> kTypeNames = {"bind", "cache", "tmpfs", "secret", "ssh"};
constexpr std::array<std::string_view, 3> kSharingNames = {"shared", "private", "locked"};

std::vector<std::string> strings_of(std::span<const std::string_view> names) { return {names.begin(), names.end()}; }

const KeyRow* row_of(std::string_view written) {
  // Z and U are the only keys whose case counts.
  const auto exact = std::find_if(kKeys.begin(), kKeys.end(), [&](const auto& row) { return row.written == written; });
  if (exact != kKeys.end()) return &*exact;
  const auto lower = to_lower(written);
  const auto found = std::find_if(kKeys.begin(), kKeys.end(), [&](const auto& row) { return row.written == lower; });
  return found == kKeys.end() ? nullptr : &*found;
}

unsigned bit_of(MountType type) { return 1u << static_cast<unsigned>(type); }

// Fields between commas; one that begins with a quote ends with the next single one.
std::vector<std::string> csv_fields(const Word& word, const Source& source) {
  std::vector<std::string> fields(1);
  const std::string_view text = word.text;
  bool is_quoted = false, is_fresh = true;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (is_quoted && c == '"') {
      if (text.substr(at + 1).starts_with('"'))
        fields.back() += text[++at];
      else
        is_quoted = false;
    } else if (!is_quoted && is_fresh && c == '"') {
      is_quoted = true;
      is_fresh = false;
    } else if (!is_quoted && c == ',') {
      fields.emplace_back();
      is_fresh = true;
    } else {
      fields.back() += c;
      is_fresh = false;
    }
  }
  if (is_quoted) fail_at(source, word.position, "--mount: a quote is not closed");
  return fields;
}

class Resolver {
 public:
  Resolver(const RunMount& mount, const Source& source) : mount_(mount), source_(source) {}

  [[noreturn]] void fail(std::string_view message, std::string hint = {}) const {
    fail_at(source_, mount_.position, format("--mount: {}", message), std::move(hint));
  }

  MountType type_of(const std::string& value) const {
    const auto lower = to_lower(value);
    for (std::size_t i = 0; i < kTypeNames.size(); ++i)
      if (lower == kTypeNames[i]) return static_cast<MountType>(i);
    auto hint = did_you_mean(lower, strings_of(kTypeNames));
    fail(format("there is no type '{}'", printable(value.substr(0, 64))),
         hint.empty() ? "possible: bind, cache, tmpfs, secret, ssh" : std::move(hint));
  }

  CacheSharing sharing_of(const std::string& value) const {
    const auto lower = to_lower(value);
    for (std::size_t i = 0; i < kSharingNames.size(); ++i)
      if (lower == kSharingNames[i]) return static_cast<CacheSharing>(i);
    fail(format("there is no sharing '{}'", printable(value.substr(0, 64))), "possible: shared, private, locked");
  }

  bool flag_of(const std::string& key, const std::optional<std::string>& value) const {
    if (!value) return true;
    const auto parsed = parse_bool(*value);
    if (!parsed) bad(key, *value, "true or false");
    return *parsed;
  }

  std::uint32_t octal_of(const std::string& key, const std::string& value) const {
    const auto parsed = parse_octal(value);
    if (!parsed || *parsed > 07777) bad(key, value, "an octal number such as 0644");
    return *parsed;
  }

  std::uint32_t id_of(const std::string& key, const std::string& value) const {
    const auto parsed = parse_uint(value);
    if (!parsed || *parsed >= 0xffffffffu) bad(key, value, "a number");
    return static_cast<std::uint32_t>(*parsed);
  }

  void apply(const std::string& key, const std::optional<std::string>& value, ResolvedMount& out) const {
    const std::string text = value.value_or("");
    if (key == "target") out.target = text;
    if (key == "source") out.source = text;
    if (key == "from") out.from = text;
    if (key == "ro") out.is_read_only = flag_of(key, value);
    if (key == "rw") out.is_read_only = !flag_of(key, value);
    if (key == "id") out.id = text;
    if (key == "sharing") out.sharing = sharing_of(text);
    if (key == "required") out.is_required = flag_of(key, value);
    if (key == "env") out.env = text;
    if (key == "mode" || key == "tmpfs-mode") out.mode = octal_of(key, text);
    if (key == "uid") out.uid = id_of(key, text);
    if (key == "gid") out.gid = id_of(key, text);
    if (key == "z") out.relabel = "shared";
    if (key == "Z") out.relabel = "private";
    if (key == "U") out.is_chowned = flag_of(key, value);
    if (key == "bind-propagation") out.propagation = text;
    if (key == "relabel") {
      if (text != "shared" && text != "private") bad(key, text, "shared or private");
      out.relabel = text;
    }
    if (key == "size") {
      out.size = parse_size(text);
      if (!out.size) bad(key, text, "a size such as 64m");
    }
  }

  /// Defaults and rules that need all keys.
  void finish(ResolvedMount& out) const {
    if (out.type == MountType::secret) {
      // `source` is an older name of `id` here.
      if (!out.source.empty() && !out.id.empty()) fail("a secret has source or id, not both");
      if (out.id.empty()) out.id = std::move(out.source);
      out.source.clear();
      if (out.id.empty() && out.target.empty()) fail("a secret needs id or target");
      if (out.id.empty()) out.id = base_name(out.target);
      if (out.target.empty() && out.env.empty()) out.target = "/run/secrets/" + base_name(out.id);
    } else if (out.type == MountType::ssh) {
      if (out.id.empty()) out.id = "default";
    } else {
      if (out.target.empty()) fail(format("type {} needs target", to_string(out.type)), "write target=PATH");
      if (clean_path(out.target) == "/") fail("the target cannot be /");
    }
    if (out.type == MountType::cache && out.id.empty()) out.id = clean_path(out.target);
  }

 private:
  [[noreturn]] void bad(std::string_view key, std::string_view value, std::string_view expected) const {
    fail(format("{}: '{}' is not {}", key, printable(value.substr(0, 64)), expected));
  }

  const RunMount& mount_;
  const Source& source_;
};

}  // namespace

std::string_view to_string(MountType type) { return kTypeNames[static_cast<std::size_t>(type)]; }
std::string_view to_string(CacheSharing sharing) { return kSharingNames[static_cast<std::size_t>(sharing)]; }

RunMount read_mount(const Word& text, const Source& source) {
  RunMount result{{}, text.text, text.position};
  for (auto& field : csv_fields(text, source)) {
    auto pair = cut(field, '=');
    const std::string& written = pair ? pair->first : field;
    const auto* row = row_of(written);
    if (!row) {
      std::vector<std::string> names;
      for (const auto& known : kKeys) names.emplace_back(known.written);
      fail_at(source, text.position, format("--mount: there is no key '{}'", printable(written.substr(0, 64))),
              did_you_mean(written, names));
    }
    if (!pair && row->needs_value)
      fail_at(source, text.position, format("--mount: {} needs a value", row->written),
              format("write {}=VALUE", row->written));
    MountKey key{std::string(row->key), std::nullopt};
    if (pair) key.value = std::move(pair->second);
    if (key.key == "from" && key.value->find('$') != std::string::npos)
      fail_at(source, text.position, "--mount: variables are not expanded in from",
              "give the image a name with a stage of its own: FROM IMAGE AS NAME");
    result.keys.push_back(std::move(key));
  }
  return result;
}

ResolvedMount resolve_mount(const RunMount& mount, const Source& source,
                            const std::function<std::string(const std::string&)>& expand) {
  const Resolver resolver(mount, source);
  ResolvedMount out;
  std::vector<MountKey> keys = mount.keys;
  for (auto& [key, value] : keys) {
    if (value && key != "from") value = expand(*value);
    if (key == "type") out.type = resolver.type_of(*value);
  }
  out.is_read_only = out.type != MountType::cache && out.type != MountType::tmpfs;
  for (const auto& [key, value] : keys) {
    const auto row =
        std::find_if(kKeys.begin(), kKeys.end(), [&name = key](const auto& r) { return r.written == name; });
    LICHEN_ASSERT(row != kKeys.end());
    if ((row->types & bit_of(out.type)) == 0) resolver.fail(format("type {} has no {}", to_string(out.type), key));
    resolver.apply(key, value, out);
  }
  resolver.finish(out);
  return out;
}

}  // namespace lichen::language
