#include "src/commands/objects.hh"

#include <cstdio>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/strings.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/container_list.hh"
#include "libpod/engine/display.hh"
#include "src/report.hh"

namespace lichen::cli {

engine::OnDamaged report_damaged(std::string kind) {
  return [kind = std::move(kind)](const std::string& id, const Error& error) {
    Error shown = error;
    shown.add_context(format("{} {} is left out", kind, is_full_id(id) ? short_id(id) : id));
    if (shown.hint().empty()) shown.with_hint("`lichen system check` looks after damage");
    report(shown);
  };
}

std::optional<Timestamp> time_option(const ParsedArgs& args, const char* name) {
  const auto text = args.find_string(name);
  if (!text || text->empty()) return std::nullopt;
  const auto time = parse_time_or_duration(*text, now());
  if (!time)
    throw Error(ErrorKind::usage, format("--{} '{}': neither a time nor a span", name, *text))
        .with_hint("use 2026-01-31T12:00:00Z, a date, Unix seconds, or a span such as 10m");
  return time;
}

std::string newest_name(engine::Engine& engine) {
  engine::ContainerListRequest request;
  request.last = 1;
  const auto newest = engine::list_containers(engine, request, report_damaged("container"));
  if (newest.empty()) throw_error(ErrorKind::not_found, "--latest: there is no container");
  return newest[0].config.name;
}

std::vector<std::string> words_with_newest(engine::Engine& engine, const ParsedArgs& args) {
  auto words = args.positionals();
  if (args.get_bool("latest")) words.insert(words.begin(), newest_name(engine));
  return words;
}

std::vector<std::string> named_or_newest(engine::Engine& engine, const ParsedArgs& args) {
  if (args.get_bool("latest")) {
    if (!args.positionals().empty()) throw_error(ErrorKind::usage, "--latest and container names exclude each other");
    return {newest_name(engine)};
  }
  if (args.positionals().empty())
    throw Error(ErrorKind::usage, format("lichen {} needs at least one container", args.command().path))
        .with_hint("name one, or use --latest");
  return args.positionals();
}

bool confirmed(const ParsedArgs& args, std::string_view warning) {
  if (args.get_bool("force")) return true;
  std::fprintf(stderr, "WARNING! %.*s\nAre you sure you want to continue? [y/N] ", static_cast<int>(warning.size()),
               warning.data());
  char answer[64] = "";
  if (std::fgets(answer, sizeof answer, stdin) == nullptr) return false;
  const auto word = to_lower(trim(answer));
  return word == "y" || word == "yes";
}

std::vector<std::string> named_or_all(const ParsedArgs& args, std::string_view kind,
                                      const std::function<std::vector<std::string>()>& all) {
  if (args.get_bool("all")) {
    if (!args.positionals().empty()) throw_error(ErrorKind::usage, "--all and {} names exclude each other", kind);
    return all();
  }
  if (args.positionals().empty())
    throw Error(ErrorKind::usage, format("lichen {} needs at least one {}", args.command().path, kind))
        .with_hint("name one, or use --all");
  return args.positionals();
}

std::string reclaimed_line(std::int64_t bytes) { return "Total reclaimed space: " + engine::size_text(bytes) + "\n"; }

std::string changes_text(const std::vector<engine::FileChange>& changes, const std::string& format_name) {
  if (format_name == "json") {
    Json out = Json::object();
    for (const auto& [kind, key] : {std::pair{'C', "changed"}, {'A', "added"}, {'D', "deleted"}})
      for (const auto& change : changes)
        if (change.kind == kind) out[key].push_back(change.path);
    return dump_json_pretty(out);
  }
  std::string text;
  for (const auto& change : changes) text += format("{} {}\n", change.kind, change.path);
  return text;
}

}  // namespace lichen::cli
