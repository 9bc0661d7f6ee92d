#include "src/build_result_flags.hh"

#include "buildah/cache_place.hh"
#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/platform.hh"
#include "src/arg_parser.hh"

namespace lichen::cli {
namespace {

using buildah::BuildAnnotation;

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
  using Direction = buildah::CacheDirection;
  for (const auto& text : args.get_list("cache-from"))
    buildah::add_cache_place(text, Direction::from, {"--cache-from", host.working_directory}, options.cache_from);
  for (const auto& text : args.get_list("cache-to"))
    buildah::add_cache_place(text, Direction::to, {"--cache-to", host.working_directory}, options.cache_to);
}

}  // namespace lichen::cli
