#include "buildah/git_source.hh"

#include <vector>

#include "buildah/source_tree.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/fs.hh"

#include <fcntl.h>
#include <unistd.h>

namespace lichen::buildah {
namespace {

constexpr std::string_view kBranches = "refs/heads/", kTags = "refs/tags/", kPeeled = "^{}";
constexpr const char* kWanted = "refs/lichen/wanted";  // here, of what has no better name

std::string below(std::string_view prefix, const std::string& name) {
  return name.starts_with(prefix) ? name : std::string(prefix) + name;
}

bool is_about_depth(const GitError& error) {
  return error.said().find("shallow") != std::string::npos || error.said().find("depth") != std::string::npos;
}

// Servers of plain files and old ones cannot give a part of the history.
template <typename Run>
void with_depth_if_possible(const Run& run) {
  try {
    run(std::vector<std::string>{"--depth=1"});
  } catch (const GitError& error) {
    if (!is_about_depth(error)) throw;
    log_debug("{}", error.what());
    run(std::vector<std::string>{});
  }
}

class Checkout {
 public:
  Checkout(const GitProgram& git, const language::GitPlace& place, const GitCommit& commit,
           const std::string& directory)
      : git_(git), place_(place), commit_(commit), directory_(directory) {}

  void run() {
    git_.run({"init", "-q", "--template=", commit_.id.size() == 64 ? "--object-format=sha256" : "--object-format=sha1"},
             directory_);
    git_.run({"remote", "add", "--", "origin", place_.url}, directory_);
    if (commit_.reference.empty())
      fetch_commit();
    else
      fetch_reference();
    git_.run({"checkout", "-q", "--detach", commit_.id}, directory_);
    if (place_.takes_submodules.value_or(true) && has_submodules()) take_submodules();
  }

 private:
  void fetch(const std::vector<std::string>& options, const std::vector<std::string>& references) {
    std::vector<std::string> words = {"fetch", "-q", "--no-tags", "--no-recurse-submodules", "--update-head-ok"};
    words.insert(words.end(), options.begin(), options.end());
    words.insert(words.end(), {"--", "origin"});
    words.insert(words.end(), references.begin(), references.end());
    git_.run(words, directory_);
  }

  void fetch_reference() {
    const std::string& name = commit_.reference;
    const std::string here = name.starts_with(kBranches) || name.starts_with(kTags) ? name : kWanted;
    with_depth_if_possible([&](const std::vector<std::string>& depth) { fetch(depth, {"+" + name + ":" + here}); });
    const std::string got(trim(git_.run({"rev-parse", "--verify", "-q", here + "^{commit}"}, directory_)));
    if (got != commit_.id)
      throw Error(ErrorKind::conflict, format("'{}' of '{}' has moved from {} to {} meanwhile", name, place_.url,
                                              commit_.id, printable(got)))
          .with_hint("build again");
  }

  // A server may give only what has a name: then all that has one.
  void fetch_commit() {
    try {
      fetch({"--depth=1"}, {"+" + commit_.id + ":" + kWanted});
    } catch (const GitError& error) {
      log_debug("{}", error.what());
      fetch({}, {"+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"});
      try {
        git_.run({"cat-file", "-e", commit_.id + "^{commit}"}, directory_);
      } catch (const GitError&) {
        throw_error(ErrorKind::not_found, "'{}' has no commit {}", place_.url, commit_.id);
      }
    }
  }

  bool has_submodules() const {
    const auto root = sys::open_path(directory_, O_PATH | O_DIRECTORY);
    struct stat info {};
    return ::fstatat(root.get(), ".gitmodules", &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(info.st_mode);
  }

  void take_submodules() {
    with_depth_if_possible([&](std::vector<std::string> depth) {
      std::vector<std::string> words = {"submodule", "--quiet", "update", "--init", "--recursive"};
      words.insert(words.end(), depth.begin(), depth.end());
      git_.run(words, directory_);
    });
  }

  const GitProgram& git_;
  const language::GitPlace& place_;
  const GitCommit& commit_;
  const std::string& directory_;
};

// No tree holds an entry ".git": what is called so was made by git here, at the top and in each submodule.
void remove_git_data(const std::string& directory) {
  SourceTree tree;
  tree.root = sys::open_path(directory, O_RDONLY | O_DIRECTORY);
  sys::remove_tree_at(tree.root.get(), ".git");
  const auto entries = find_entries(tree, "/");
  std::vector<std::pair<sys::UniqueFd, std::string>> found;
  walk(tree, entries.at(0), {}, [&](const WalkItem& item) {
    if (item.name == ".git") found.emplace_back(sys::duplicate(item.directory), item.name);
  });
  for (const auto& [parent, name] : found) sys::remove_tree_at(parent.get(), name);
}

}  // namespace

GitCommit choose_commit(std::string_view listing, const std::string& wanted) {
  if (wanted.empty()) {
    // "ref: refs/heads/main<TAB>HEAD" and "<id><TAB>HEAD"
    GitCommit found{"", "HEAD"};
    for (const auto& line : split(listing, '\n')) {
      const auto parts = cut(line, '\t');
      if (!parts || parts->second != "HEAD") continue;
      if (parts->first.starts_with("ref: refs/heads/")) found.reference = parts->first.substr(5);
      if (language::is_commit(parts->first)) found.id = parts->first;
    }
    if (found.id.empty()) throw_error(ErrorKind::not_found, "it has no default branch, or no commit at all");
    return found;
  }
  const std::string full = below("refs/", wanted), branch = below(kBranches, wanted), tag = below(kTags, wanted);
  std::string of_full, of_branch, of_tag;
  for (const auto& line : split(listing, '\n')) {
    const auto parts = cut(line, '\t');
    if (!parts || !language::is_commit(parts->first)) continue;
    for (const auto& [name, id] : {std::pair{&full, &of_full}, {&branch, &of_branch}, {&tag, &of_tag}}) {
      if (parts->second == *name && id->empty()) *id = parts->first;
      if (parts->second == *name + std::string(kPeeled)) *id = parts->first;  // an annotated tag's commit
    }
  }
  if (!of_full.empty()) return {of_full, full};
  if (!of_branch.empty()) return {of_branch, branch};
  if (!of_tag.empty()) return {of_tag, tag};
  Error error(ErrorKind::not_found, format("it has no branch or tag '{}'", printable(wanted)));
  if (wanted.size() >= 7 && wanted.find_first_not_of("0123456789abcdef") == std::string::npos)
    error.with_hint("a commit is named by all of its 40 digits");
  throw error;
}

GitCommit find_commit(const GitProgram& git, const language::GitPlace& place, const std::string& checksum,
                      const std::string& directory) {
  GitCommit commit;
  if (language::is_commit(place.ref)) {
    commit.id = place.ref;
  } else {
    std::vector<std::string> words = {"ls-remote", "-q", "--symref", "--", place.url};
    if (place.ref.empty())
      words.push_back("HEAD");
    else
      words.insert(words.end(), {place.ref, place.ref + std::string(kPeeled)});
    try {
      commit = choose_commit(git.run(words, directory), place.ref);
    } catch (Error& error) {
      error.add_context(format("repository '{}'", place.url));
      throw;
    }
  }
  for (const auto& expected : {place.checksum, checksum})
    if (!commit.id.starts_with(expected))
      throw Error(ErrorKind::invalid,
                  format("repository '{}': {} is commit {}, and {} was expected", place.url,
                         place.ref.empty() ? "the default branch" : "'" + place.ref + "'", commit.id, expected))
          .with_hint("either the reference has moved, or the repository is not what it should be");
  return commit;
}

void check_out(const GitProgram& git, const language::GitPlace& place, const GitCommit& commit, bool keeps_git_dir,
               const std::string& directory) {
  try {
    Checkout(git, place, commit, directory).run();
  } catch (Error& error) {
    error.add_context(format("repository '{}'", place.url));
    throw;
  }
  if (!keeps_git_dir) return remove_git_data(directory);
  const auto root = sys::open_path(directory, O_PATH | O_DIRECTORY);
  const auto data = sys::open_at(root.get(), ".git", O_PATH | O_DIRECTORY | O_NOFOLLOW);
  if (::unlinkat(data.get(), "FETCH_HEAD", 0) != 0 && errno != ENOENT) throw_errno("remove FETCH_HEAD");
}

}  // namespace lichen::buildah
