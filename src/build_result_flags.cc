#include "src/build_result_flags.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/platform.hh"
#include "libpod/spec/reference.hh"
#include "src/arg_parser.hh"

namespace lichen::cli {
namespace {

using buildah::BuildAnnotation;
using buildah::CachePlace;

bool is_true(const std::string& value) { return value.empty() || value == "true" || value == "1"; }

// docker: [TYPE[,TYPE][[PLATFORM]]:]KEY=VALUE. A key may hold a colon, so only known words before one are types.
void add_annotation(const ParsedArgs& args, const std::string& text, buildah::BuildOptions& options) {
  using Level = BuildAnnotation::Level;
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0)
    throw_usage(args.command(), format("--annotation '{}': write KEY=VALUE", text));
  std::string key = text.substr(0, equals), platform;
  std::vector<Level> levels;
  const auto colon = key.find(':');
  std::string before = key.substr(0, colon);
  if (const auto bracket = before.find('['); colon != std::string::npos && bracket != std::string::npos) {
    if (!before.ends_with(']')) throw_usage(args.command(), format("--annotation '{}': a ']' is missing", text));
    platform = before.substr(bracket + 1, before.size() - bracket - 2);
    spec::parse_platform(platform);
    before.resize(bracket);
  }
  bool is_prefix = colon != std::string::npos;
  for (const auto& word : split(before, ',')) {
    if (word == "manifest")
      levels.push_back(Level::manifest);
    else if (word == "index")
      levels.push_back(Level::index);
    else if (word == "manifest-descriptor")
      levels.push_back(Level::descriptor);
    else if (word == "index-descriptor" && is_prefix)
      throw Error(ErrorKind::unsupported, format("--annotation '{}': an index goes out without a descriptor", text))
          .with_hint("index: puts it into the index itself");
    else
      is_prefix = false;
  }
  if (!is_prefix) {
    levels = {Level::manifest};
    platform.clear();
  } else {
    key = key.substr(colon + 1);
  }
  if (key.empty()) throw_usage(args.command(), format("--annotation '{}': the key is missing", text));
  for (const auto level : levels) options.annotations.push_back({level, platform, key, text.substr(equals + 1)});
}

// Of a word alone: a reference, as docker and podman take it.
CachePlace reference_place(const ParsedArgs& args, const std::string& flag, const std::string& text) {
  try {
    spec::parse_reference(text);
  } catch (const Error& error) {
    throw_usage(args.command(), format("{} '{}': {}", flag, text, error.what()));
  }
  CachePlace place;
  place.place = text;
  return place;
}

struct CacheKey {
  std::string key, value;
};

// What changes nothing here: these caches are always OCI's, and always a list.
bool means_nothing(const CacheKey& part) {
  return (part.key == "oci-mediatypes" && is_true(part.value)) || part.key == "image-manifest" ||
         (part.key == "force-compression" && !is_true(part.value));
}

void set_key(const ParsedArgs& args, const std::string& flag, const std::string& text, const CacheKey& part,
             CachePlace& place, const HostView& host) {
  const bool is_export = flag == "--cache-to";
  const auto& [key, value] = part;
  if (key == "ref" && place.kind != CachePlace::Kind::local) {
    place.place = reference_place(args, flag, value).place;
  } else if (key == (is_export ? "dest" : "src") && place.kind == CachePlace::Kind::local) {
    place.place = absolute_path(value, host);
  } else if (key == "mode" && is_export && (value == "min" || value == "max")) {
    place.has_all = value == "max";
  } else if (key == "ignore-error" && is_export) {
    place.is_optional = is_true(value);
  } else if (key == "compression" && is_export && place.kind == CachePlace::Kind::registry &&
             (value == "gzip" || value == "zstd")) {
    place.compression = value;
  } else if (key == "compression-level" && is_export && place.kind == CachePlace::Kind::registry && parse_int(value)) {
    place.compression_level = static_cast<int>(*parse_int(value));
  } else if (!means_nothing(part)) {
    throw_usage(args.command(), format("{} '{}': {}={} is not possible here", flag, text, key, value));
  }
}

void add_place(const ParsedArgs& args, const std::string& flag, const std::string& text, const HostView& host,
               std::vector<CachePlace>& places) {
  if (text.find('=') == std::string::npos && text != "inline" && text.find(',') == std::string::npos) {
    places.push_back(reference_place(args, flag, text));
    return;
  }
  CachePlace place;
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
    return log_warn("{} type={}: lichen knows local, registry and inline; the build goes on without it", flag, type);
  for (const auto& part : parts) set_key(args, flag, text, part, place, host);
  if (place.kind == CachePlace::Kind::with_image && flag == "--cache-from")
    throw Error(ErrorKind::usage, "--cache-from type=inline: that is in an image")
        .with_hint("name it: --cache-from type=registry,ref=IMAGE");
  if (place.place.empty() && place.kind != CachePlace::Kind::with_image)
    throw_usage(args.command(), format("{} '{}': {} is missing", flag, text,
                                       type == "registry"     ? "ref="
                                       : flag == "--cache-to" ? "dest="
                                                              : "src="));
  places.push_back(std::move(place));
}

}  // namespace

void set_build_results(const ParsedArgs& args, const HostView& host, buildah::BuildOptions& options) {
  for (const auto& list : args.get_list("platform"))
    for (const auto& text : split(list, ',')) options.platforms.push_back(text);
  options.manifest = args.get_string("manifest");
  for (const auto& text : args.get_list("annotation")) add_annotation(args, text, options);
  options.format = args.get_string("format");
  options.squash = args.get_bool("squash");
  options.squash_all = args.get_bool("squash-all");
  if (options.squash && options.squash_all)
    throw_usage(args.command(), "--squash keeps the base image's layers, --squash-all does not: choose one of them");
  if (!args.get_bool("layers")) {  // buildah: one container for all steps, one commit
    options.no_cache = true;
    options.squash = !options.squash_all;
  }
  for (const auto& text : args.get_list("cache-from")) add_place(args, "--cache-from", text, host, options.cache_from);
  for (const auto& text : args.get_list("cache-to")) add_place(args, "--cache-to", text, host, options.cache_to);
}

}  // namespace lichen::cli
