#include "buildah/cache_place.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/reference.hh"

namespace lichen::buildah {
namespace {

struct CacheKey {
  std::string key, value;
};

bool is_true(const std::string& value) { return value.empty() || value == "true" || value == "1"; }

[[noreturn]] void fail(const CacheOrigin& origin, const std::string& text, std::string_view why) {
  throw Error(ErrorKind::usage, format("{} '{}': {}", origin.name, text, why))
      .with_hint("write type=registry,ref=IMAGE or type=local with a directory, or an image's name");
}

std::string reference(const CacheOrigin& origin, const std::string& text) {
  try {
    spec::parse_reference(text);
  } catch (const Error& error) {
    fail(origin, text, error.what());
  }
  return text;
}

std::string absolute(const CacheOrigin& origin, const std::string& path) {
  return path.starts_with('/') ? path : clean_path(format("{}/{}", origin.directory, path));
}

// What changes nothing here: these caches are always OCI's, and always a list.
bool means_nothing(const CacheKey& part) {
  return (part.key == "oci-mediatypes" && is_true(part.value)) || part.key == "image-manifest" ||
         (part.key == "force-compression" && !is_true(part.value));
}

void set_key(const CacheKey& part, const std::string& text, bool is_export, const CacheOrigin& origin,
             CachePlace& place) {
  const auto& [key, value] = part;
  const bool is_pushed = is_export && place.kind == CachePlace::Kind::registry;
  if (key == "ref" && place.kind != CachePlace::Kind::local)
    place.place = reference(origin, value);
  else if (key == (is_export ? "dest" : "src") && place.kind == CachePlace::Kind::local)
    place.place = absolute(origin, value);
  else if (key == "mode" && is_export && (value == "min" || value == "max"))
    place.has_all = value == "max";
  else if (key == "ignore-error" && is_export)
    place.is_optional = is_true(value);
  else if (key == "compression" && is_pushed && (value == "gzip" || value == "zstd"))
    place.compression = value;
  else if (key == "compression-level" && is_pushed && parse_int(value))
    place.compression_level = static_cast<int>(*parse_int(value));
  else if (!means_nothing(part))
    fail(origin, text, format("{}={} is not possible here", key, value));
}

}  // namespace

void add_cache_place(const std::string& text, CacheDirection direction, const CacheOrigin& origin,
                     std::vector<CachePlace>& places) {
  const bool is_export = direction == CacheDirection::to;
  CachePlace place;
  if (text.find('=') == std::string::npos && text != "inline" && text.find(',') == std::string::npos) {
    place.place = reference(origin, text);
    return places.push_back(std::move(place));
  }
  std::string type = text == "inline" ? text : "registry";
  std::vector<CacheKey> parts;
  for (const auto& part : split(text, ',')) {
    const auto equals = part.find('=');
    const CacheKey one{part.substr(0, equals), equals == std::string::npos ? "" : part.substr(equals + 1)};
    if (one.key == "type")
      type = one.value;
    else if (equals != std::string::npos)
      parts.push_back(one);
  }
  if (type == "local")
    place.kind = CachePlace::Kind::local;
  else if (type == "inline")
    place.kind = CachePlace::Kind::with_image;
  else if (type != "registry")
    return log_warn("{} type={}: lichen knows local, registry and inline; the build goes on without it", origin.name,
                    type);
  for (const auto& part : parts) set_key(part, text, is_export, origin, place);
  if (place.kind == CachePlace::Kind::with_image && !is_export)
    throw Error(ErrorKind::usage, format("{} type=inline: that is in an image", origin.name))
        .with_hint("name it: type=registry,ref=IMAGE");
  if (place.place.empty() && place.kind != CachePlace::Kind::with_image)
    fail(origin, text, format("{} is missing", type == "registry" ? "ref=" : is_export ? "dest=" : "src="));
  places.push_back(std::move(place));
}

}  // namespace lichen::buildah
