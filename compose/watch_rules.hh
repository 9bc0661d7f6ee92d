// develop.watch of the services: which changes concern which service, and what is to be done then.
//
// Never of concern are .git, what editors leave beside the files that they edit, and what the ignore file of the
// service's build context excludes; docker compose's lists (its documentation, "Use Compose Watch").
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "buildah/language/ignore.hh"
#include "compose/language/model.hh"
#include "compose/watch_tree.hh"
#include "libpod/engine/container_sync.hh"

namespace lichen::compose {

/// What a batch of changes asks for. In this order: rebuild, sync, restart, exec.
struct WatchWork {
  Strings rebuild, restart;                                // services, sorted
  std::map<std::string, engine::SyncItems> sync;           // service -> its files, each target once
  std::vector<std::pair<std::string, const Watch*>> exec;  // service, what to run; each once
  bool is_empty() const { return rebuild.empty() && restart.empty() && sync.empty() && exec.empty(); }
};

class WatchRules {
 public:
  /// @param services  whose rules count
  /// @throws Error{usage} none of them has a rule, or one rebuilds what is not built; Error{invalid} a malformed
  /// pattern
  WatchRules(const Project& project, const std::set<std::string>& services);

  /// What is to be watched.
  Strings paths() const;
  bool matters(const std::string& path) const;
  bool has_rebuild() const;
  /// Nothing in this directory can matter.
  bool skips(const std::string& directory) const;

  WatchWork work_for(const std::vector<FileChange>& changes) const;
  /// @param all  what there is, as made: what initial_sync carries before the first change
  WatchWork initial_work(const std::vector<FileChange>& all) const;

 private:
  struct Rule {
    const Service* service = nullptr;
    const Watch* watch = nullptr;
    std::string path;     // without symlinks
    std::string context;  // of the build; empty: there is none, or it is no directory
    bool copies = false;  // a sync action
    language::IgnoreRules ignored, of_context, included, at_first;
  };
  void add(const Service& service, const Watch& watch, const language::IgnoreRules& of_context);
  static bool matches(const Rule& rule, const std::string& path);
  static void add_sync(const Rule& rule, const FileChange& change, WatchWork& work);

  std::vector<Rule> rules_;
};

}  // namespace lichen::compose
