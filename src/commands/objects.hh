// What the commands about objects in the store share.
#pragma once

#include <string>
#include <vector>

#include "libpod/base/time.hh"
#include "libpod/engine/container_summary.hh"
#include "libpod/engine/image_diff.hh"
#include "src/parsed_args.hh"

namespace lichen::cli {

/// Reports a damaged object on standard error; the command goes on with the others.
engine::OnDamaged report_damaged(std::string kind);

/// --since and --until: a time, a date, Unix seconds or a span before now. @throws Error{usage} none of these
std::optional<Timestamp> time_option(const ParsedArgs& args, const char* name);

/// docker's question before a prune: "WARNING! TEXT\nAre you sure you want to continue? [y/N] ". True when the answer
/// is yes, or with
/// --force.
bool confirmed(const ParsedArgs& args, std::string_view warning);

/// Name of the newest container. @throws Error{not_found} there is none
std::string newest_name(engine::Engine& engine);
/// The words of the line, with --latest the newest container before them.
std::vector<std::string> words_with_newest(engine::Engine& engine, const ParsedArgs& args);
/// The words of the line, or the newest container with --latest. @throws Error{usage} neither or both
std::vector<std::string> named_or_newest(engine::Engine& engine, const ParsedArgs& args);

/// The words of the line, or what `all` gives with --all. @throws Error{usage} neither or both
std::vector<std::string> named_or_all(const ParsedArgs& args, std::string_view kind,
                                      const std::function<std::vector<std::string>()>& all);

/// docker's lines ("C /etc"), or podman's document for the format "json".
std::string changes_text(const std::vector<engine::FileChange>& changes, const std::string& format_name);

/// logs and pod logs: what containers have written, as the flags on the line say. @return the exit code
int show_logs(engine::Engine& engine, const ParsedArgs& args, const std::vector<std::string>& names);

/// volume ls and compose volumes: rows of engine::list_volumes by --format and --quiet. @return the exit code
int show_volumes(const ParsedArgs& args, const std::vector<Json>& rows);

/// "Total reclaimed space: 1.2MB"
std::string reclaimed_line(std::int64_t bytes);

}  // namespace lichen::cli
