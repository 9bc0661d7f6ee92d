// build and builder prune.
#include "buildah/build_images.hh"
#include "buildah/build_plan.hh"
#include "buildah/input.hh"
#include "buildah/prune.hh"
#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/build_cache.hh"
#include "src/build_checks.hh"
#include "src/build_flags.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/session.hh"

#include <unistd.h>

namespace lichen::cli {
namespace {

constexpr Column kUsage[] = {{"ID", "ID"},          {"Reclaimable", "RECLAIMABLE"},
                             {"Size", "SIZE"},      {"LastUsedSince", "LAST ACCESSED"},
                             {"CacheType", "TYPE"}, {"Description", "DESCRIPTION"}};
constexpr std::string_view kUsageTable = "table {{.ID}}\\t{{.Reclaimable}}\\t{{.Size}}\\t{{.LastUsedSince}}";

HostView host_view(const engine::Engine& engine) {
  char directory[4096];
  HostView host{::getcwd(directory, sizeof directory) != nullptr ? directory : "/", engine.environment.home,
                engine.environment.all};
  host.settings = engine.settings;
  return host;
}

buildah::ProgressMode progress_mode(const Context& context, const buildah::BuildOptions& options) {
  if (options.quiet || options.progress == "quiet") return buildah::ProgressMode::quiet;
  if (options.progress == "plain") return buildah::ProgressMode::plain;
  if (options.progress == "rawjson") return buildah::ProgressMode::rawjson;
  if (options.progress == "tty" || context.terminal.can_redraw) return buildah::ProgressMode::tty;
  return buildah::ProgressMode::plain;
}

// A Dockerfile may be somebody else's.
constexpr std::size_t kShownMistakes = 50, kLongMistake = 300;

// After a build, once: which rules, and where to read more.
void tell_mistakes(const std::vector<language::LintWarning>& warnings) {
  if (warnings.empty()) return;
  std::string text =
      format("\n {} warning{} found (use --check to expand):\n", warnings.size(), warnings.size() == 1 ? "" : "s");
  for (std::size_t i = 0; i < std::min(warnings.size(), kShownMistakes); ++i)
    text += format(" - {}: {} (line {})\n", warnings[i].rule, printable(warnings[i].message.substr(0, kLongMistake)),
                   warnings[i].position.line);
  if (warnings.size() > kShownMistakes) text += format(" - and {} more\n", warnings.size() - kShownMistakes);
  raw_log(text.c_str());
}

// buildx' --push: the image, or the list of several platforms, under all its names.
void push_names(engine::Engine& engine, const buildah::BuildOptions& options) {
  for (const auto& name : options.tags) {
    auto request = engine::image_request(engine);
    request.names = {name};
    request.auth_file = options.pull.auth_file;
    if (options.pull.tls_verify) request.tls_verify = *options.pull.tls_verify;
    request.quiet = options.quiet;
    engine::push_image(engine, request);
  }
}

}  // namespace

int build_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context, /*container_defaults=*/true);
  const auto options = build_options(args, host_view(*engine));
  if (options.debug_shell && (::isatty(STDIN_FILENO) != 1 || ::isatty(STDERR_FILENO) != 1))
    throw Error(ErrorKind::usage, "--debug-shell: the shell needs a terminal, and this is none");
  try {
    const auto input = buildah::read_input(*engine, options);
    if (args.get_bool("check")) return print_checks(input, find_mistakes(input, options));
    if (input.dockerfile.directives.check_error)  // "# check=error=true"
      if (const auto mistakes = find_mistakes(input, options); !mistakes.empty()) return print_checks(input, mistakes);
    if (args.get_bool("print")) {
      const auto plan = buildah::make_plan(input.dockerfile, options, spec::host_platform(), spec::host_platform());
      write_out(buildah::to_json(plan).dump(2) + "\n");
      return kExitOk;
    }
    buildah::Progress progress(progress_mode(context, options));
    const auto result = buildah::build_images(*engine, input, options, progress);
    if (!options.quiet && options.progress != "quiet" && options.progress != "rawjson")
      tell_mistakes(find_mistakes(input, options));
    if (result.images.empty()) return kExitOk;
    buildah::write_result_files(*engine, options, result);
    if (options.push) push_names(*engine, options);
    write_out((options.quiet ? "sha256:" : "") + result.id() + "\n");
    return kExitOk;
  } catch (Error& error) {
    throw error.with_exit_code(1);  // docker's, whatever has failed
  }
}

// buildx' form.
int builder_du_command(Context& context, const ParsedArgs&) {
  const auto engine = open_engine(context);
  engine->enter_userns();
  const auto entries = engine::list_build_cache(*engine, engine::layers_of_images(*engine));
  std::vector<Json> rows;
  std::int64_t reclaimable = 0, shared = 0, own = 0;
  for (const auto& entry : entries) {
    rows.push_back(engine::build_cache_row(entry));
    rows.back()["Reclaimable"] = entry.is_reclaimable() ? "true" : "false";
    (entry.shared ? shared : own) += entry.size;
    if (entry.is_reclaimable()) reclaimable += entry.size;
  }
  const auto size = [](std::int64_t bytes) { return bytes == 0 ? "0B" : human_size(static_cast<double>(bytes)); };
  write_out(render_list(rows, {kUsage, kUsageTable}, "") +
            format("Shared:\t\t{}\nPrivate:\t{}\nReclaimable:\t{}\nTotal:\t\t{}\n", size(shared), size(own),
                   size(reclaimable), size(shared + own)));
  return kExitOk;
}

int builder_prune_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  if (!confirmed(args, "This will remove what builds have kept for the next time.")) return kExitOk;
  buildah::PruneRequest request{.all = args.get_bool("all")};
  if (const auto filter = args.find_string("filter")) {
    if (!filter->starts_with("until="))
      throw Error(ErrorKind::usage, format("--filter '{}': only until=TIME", *filter));
    const auto time = parse_time_or_duration(filter->substr(6), now());
    if (!time) throw Error(ErrorKind::usage, format("--filter '{}': not a time", *filter)).with_hint("until=24h");
    request.until = *time;
  }
  const auto pruned = buildah::prune_build_cache(*engine, request);
  std::string text;
  for (const auto& layer : pruned.layers) text += layer + "\n";
  write_out(text + format("Total reclaimed space: {}\n", human_size(static_cast<double>(pruned.bytes))));
  return kExitOk;
}

}  // namespace lichen::cli
