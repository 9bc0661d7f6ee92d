#include "compose/watch_rules.hh"

#include <algorithm>

#include "buildah/input.hh"
#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/path.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <stdlib.h>

namespace lichen::compose {
namespace {

constexpr std::size_t kMaxIgnoreFile = 1 << 20;

// docker compose's: repositories, and what GoLand, emacs and vim write while they save.
const Strings kNeverOfConcern = {
    "**/.git", "**/*___jb_old___", "**/*___jb_tmp___", "**/.idea/**", "**/.#*",   "**/4913",
    "**/*~",   "**/.*.swp",        "**/.*.swx",        "**/.*.swo",   "**/.*.swn"};
// What says how the container is made is not what it runs (initial_sync).
const Strings kNotAtFirst = {"**/Dockerfile",
                             "**/compose.yaml",
                             "**/compose.yml",
                             "**/docker-compose.yaml",
                             "**/docker-compose.yml",
                             "**/compose.override.yaml",
                             "**/compose.override.yml",
                             "**/docker-compose.override.yaml",
                             "**/docker-compose.override.yml"};

// As the kernel will name it. What is not there yet stays as it is written.
std::string real_path(const std::string& path) {
  char* const found = ::realpath(path.c_str(), nullptr);
  if (found == nullptr) return path;
  std::string text(found);
  ::free(found);
  return text;
}

// "" for the directory itself.
std::string relative(const std::string& path, const std::string& directory) {
  if (path == directory) return "";
  return path.substr(directory == "/" ? 1 : directory.size() + 1);
}

std::string context_of(const Service& service) {
  return service.build && sys::is_directory(service.build->context) ? real_path(service.build->context) : "";
}

language::IgnoreRules ignored_by_build(const Service& service) {
  const std::string context = context_of(service);
  if (context.empty()) return {};
  Strings names = {service.build->dockerfile + ".dockerignore"};
  names.insert(names.end(), std::begin(buildah::kIgnoreFiles), std::end(buildah::kIgnoreFiles));
  for (const auto& name : names) {
    const std::string path = name.starts_with('/') ? name : context + "/" + name;
    if (const auto text = sys::read_file_if_exists(path, kMaxIgnoreFile)) return language::IgnoreRules(*text, path);
  }
  return {};
}

// A file that is mounted into the container from here is there already, and to copy it would be a change again.
bool is_mounted(const Service& service, const std::string& path) {
  return std::ranges::any_of(service.volumes, [&](const Mount& mount) {
    return mount.type == Mount::Type::bind && is_below(path, real_path(mount.source));
  });
}

void add_once(Strings& names, const std::string& name) {
  const auto at = std::ranges::lower_bound(names, name);
  if (at == names.end() || *at != name) names.insert(at, name);
}

}  // namespace

WatchRules::WatchRules(const Project& project, const std::set<std::string>& services) {
  for (const auto& service : project.services) {
    if (!services.contains(service.name) || service.watch.empty()) continue;
    const auto of_context = ignored_by_build(service);
    for (const auto& watch : service.watch) add(service, watch, of_context);
  }
  if (rules_.empty())
    throw Error(ErrorKind::usage,
                "none of the selected services is configured for watch, consider setting a 'develop' section")
        .with_exit_code(1);
}

void WatchRules::add(const Service& service, const Watch& watch, const language::IgnoreRules& of_context) {
  if (watch.action == Watch::Action::rebuild && !service.build)
    throw Error(ErrorKind::usage,
                format("can't watch service \"{}\" with action rebuild without a build context", service.name))
        .with_exit_code(1);
  Rule rule;
  rule.service = &service;
  rule.watch = &watch;
  rule.path = real_path(watch.path);
  rule.context = context_of(service);
  rule.copies = watch.action == Watch::Action::sync || watch.action == Watch::Action::sync_restart ||
                watch.action == Watch::Action::sync_exec;
  if (rule.copies && watch.action != Watch::Action::sync_exec && is_mounted(service, rule.path)) {
    log_warn("path '{}' also declared by a bind mount volume, this path won't be monitored!", watch.path);
    return;
  }
  Strings ignored = watch.ignore;
  ignored.insert(ignored.end(), kNeverOfConcern.begin(), kNeverOfConcern.end());
  rule.ignored = language::IgnoreRules::from_patterns(ignored);
  rule.of_context = of_context;
  rule.included = language::IgnoreRules::from_patterns(watch.include);
  Strings at_first = kNotAtFirst;
  if (service.build && !service.build->dockerfile.empty())
    at_first.push_back("**/" + base_name(service.build->dockerfile));
  rule.at_first = language::IgnoreRules::from_patterns(at_first);
  rules_.push_back(std::move(rule));
}

Strings WatchRules::paths() const {
  Strings paths;
  for (const auto& rule : rules_) paths.push_back(rule.path);
  return paths;
}

bool WatchRules::matches(const Rule& rule, const std::string& path) {
  if (!is_below(path, rule.path)) return false;
  // A path that is one file has its own name for patterns.
  const std::string below = relative(path, rule.path);
  const std::string name = below.empty() ? base_name(path) : below;
  if (!rule.included.empty() && !rule.included.ignores(name)) return false;
  if (rule.ignored.ignores(name)) return false;
  return rule.context.empty() || !is_below(path, rule.context) ||
         !rule.of_context.ignores(relative(path, rule.context));
}

bool WatchRules::matters(const std::string& path) const {
  return std::ranges::any_of(rules_, [&](const Rule& rule) { return matches(rule, path); });
}

bool WatchRules::has_rebuild() const {
  return std::ranges::any_of(rules_, [](const Rule& rule) { return rule.watch->action == Watch::Action::rebuild; });
}

bool WatchRules::skips(const std::string& directory) const {
  return std::ranges::all_of(rules_, [&](const Rule& rule) {
    if (is_below(rule.path, directory)) return false;
    if (!is_below(directory, rule.path)) return true;
    return rule.ignored.may_skip_directory(relative(directory, rule.path)) ||
           (!rule.context.empty() && is_below(directory, rule.context) &&
            rule.of_context.may_skip_directory(relative(directory, rule.context)));
  });
}

void WatchRules::add_sync(const Rule& rule, const FileChange& change, WatchWork& work) {
  const std::string below = relative(change.path, rule.path);
  const bool is_gone = change.kind == FileChange::Kind::gone;
  // What was in it is gone by itself: the directory may hold more in the container than it did here.
  if (below.empty() && is_gone && change.is_directory) return;
  if (is_mounted(*rule.service, change.path)) return;
  std::string target = rule.watch->target;
  if (below.empty() && !change.is_directory && target.ends_with('/')) target += base_name(change.path);
  if (!below.empty()) target += "/" + below;
  auto& items = work.sync[rule.service->name];
  items[clean_path("/" + target)] = {
      .path = change.path, .replaces = change.kind == FileChange::Kind::replaced, .is_gone = is_gone};
}

WatchWork WatchRules::work_for(const std::vector<FileChange>& changes) const {
  WatchWork work;
  for (const auto& rule : rules_) {
    const std::string& service = rule.service->name;
    bool concerns = false;
    for (const auto& change : changes) {
      if (!matches(rule, change.path)) continue;
      concerns = true;
      if (rule.copies) add_sync(rule, change, work);
    }
    if (!concerns) continue;
    const auto action = rule.watch->action;
    if (action == Watch::Action::rebuild) add_once(work.rebuild, service);
    if (action == Watch::Action::restart || action == Watch::Action::sync_restart) add_once(work.restart, service);
    if (action == Watch::Action::sync_exec) work.exec.emplace_back(service, rule.watch);
  }
  return work;
}

WatchWork WatchRules::initial_work(const std::vector<FileChange>& all) const {
  WatchWork work;
  for (const auto& rule : rules_)
    for (const auto& change : all)
      if (rule.copies && rule.watch->initial_sync && matches(rule, change.path) &&
          !rule.at_first.ignores(relative(change.path, rule.path)))
        add_sync(rule, change, work);
  return work;
}

}  // namespace lichen::compose
