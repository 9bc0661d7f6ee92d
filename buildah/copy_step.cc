// COPY and ADD, and the directory of WORKDIR (file_step.hh).
#include <algorithm>

#include "buildah/copy_files.hh"
#include "buildah/copy_words.hh"
#include "buildah/file_step.hh"
#include "buildah/language/place.hh"
#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/path.hh"
#include "libpod/engine/host_facts.hh"
#include "libpod/engine/rootfs.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/namespaces.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace lichen::buildah {
namespace {

using language::Instruction;

// What a remote source is now, beside the source.
struct TakenRemote {
  RemoteSource source;
  FoundRemote found;
};

// A repository counts by its commit and what is taken of it, a file by its name and content.
void add_remote(const TakenRemote& remote, StepKey& key) {
  const auto* git = std::get_if<language::GitPlace>(&remote.source.place);
  if (git == nullptr) return key.add("url " + remote.found.name, remote.found.identity);
  key.add("repository", remote.found.identity);
  key.add("repository directory", git->directory);
  key.add("repository git dir", remote.source.keeps_git_dir ? git->url : "");
  key.add("repository submodules", git->takes_submodules.value_or(true) ? "1" : "0");
}

// A context's files count by their content; those of a stage by the stage.
void add_sources(const CopyWords& words, const Content& content, const std::vector<TakenRemote>& remotes,
                 const Instruction& instruction, FileStep& step) {
  const auto excluded = language::IgnoreRules::from_patterns(words.excluded);
  auto remote = remotes.begin();
  bool is_from_stage = false;
  for (const auto& source : words.sources) {
    if (source.remote) {
      add_remote(*remote++, step.key);
    } else if (content.tree == nullptr) {
      step.key.add("source", source.text);
      is_from_stage = true;
    } else {
      try {
        for (const auto& entry : find_entries(*content.tree, source.text)) {
          Sha256 hash;
          hash_entry(*content.tree, entry, excluded, hash);
          step.key.add("file " + entry.path, hash.hex());
        }
      } catch (const Error& error) {
        language::fail_at(*instruction.source, source.position, error.what(), error.hint());
      }
    }
  }
  if (is_from_stage) step.inputs.push_back(content.stack);
}

// ADD of a tar: its entries instead of it. @return false: it is none
bool unpack_into(engine::Engine& engine, FileCopier& copier, const SourceEntry& entry, const std::string& place) {
  const sys::UniqueFd file = sys::open_path(sys::fd_path(entry.fd.get()), O_RDONLY);
  if (!looks_packed(file.get()) || !unpack_archive(engine, file.get(), place)) return false;
  SourceTree tree;
  tree.root = sys::open_path(place, O_RDONLY | O_DIRECTORY);
  tree.keeps_owners = true;
  tree.name = "the archive";
  auto entries = find_entries(tree, "/");
  copier.copy(tree, entries.at(0), /*is_single=*/true, "/");
  return true;
}

struct CopyWork {
  engine::Engine& engine;
  std::string driver;
  const BuildOptions& options;
  CopyWords words;
  Content content;
  std::vector<TakenRemote> remotes;
  LayerStack stack;
};

CopyPlan plan_of(const CopyWork& work, int root) {
  CopyPlan plan;
  plan.destination = work.words.destination;
  plan.keeps_parents = work.words.keeps_parents;
  plan.excluded = language::IgnoreRules::from_patterns(work.words.excluded);
  if (!work.words.mode.empty()) plan.mode = ModeChange::parse(work.words.mode);
  if (!work.words.owner.empty()) {
    const auto owner = engine::resolve_file_owner(root, work.words.owner);
    plan.owner = CopyOwner{owner.uid, owner.gid};
  }
  return plan;
}

sys::UniqueFd mount_stage(const engine::Engine& engine, const std::string& driver, const LayerStack& stack,
                          const StepPlace& place) {
  sys::unshare_namespaces(CLONE_NEWNS, "make a mount namespace");
  for (const char* name : {"/rootfs", "/work"}) sys::make_directory(place.workspace + name, 0755);
  const auto directories = stack.directories();
  engine::mount_layers(
      engine, driver,
      {.lower = directories.paths, .upper = place.upper, .work = place.workspace + "/work", .volatile_upper = true},
      place.workspace + "/rootfs");
  return sys::open_path(place.workspace + "/rootfs", O_PATH | O_DIRECTORY);
}

// One source at a time, in the order of the instruction: a later one replaces what an earlier one has brought.
class CopyRun {
 public:
  CopyRun(const CopyWork& work, const StepPlace& place, int root)
      : work_(work), place_(place), copier_(root, plan_of(work, root)) {
    if (work.driver == "overlay") copier_.write_into_upper(sys::open_path(place.upper, O_PATH | O_DIRECTORY));
    const bool takes_files = std::ranges::any_of(work.words.sources, [](const auto& each) { return !each.remote; });
    if (takes_files && work.content.tree == nullptr)
      mounted_ =
          mount_stack(work.engine, work.driver, work.content.stack, place.workspace + "/from", work.content.name);
  }

  void run() {
    std::vector<std::vector<SourceEntry>> entries;
    std::size_t count = work_.words.files.size();
    for (const auto& source : work_.words.sources) {
      entries.push_back(source.remote ? std::vector<SourceEntry>{} : find_entries(tree(), source.text));
      count += source.remote ? 1 : entries.back().size();
    }
    is_single_ = count == 1;
    if (!is_single_ && !work_.words.is_folder())
      throw Error(ErrorKind::usage, format("'{}' matches more than one file, and '{}' is not written as a directory",
                                           work_.words.sources.at(0).text, work_.words.destination))
          .with_hint(format("write {}/", work_.words.destination));
    auto remote = work_.remotes.begin();
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (work_.words.sources[i].remote) take_remote(*remote++);
      for (const auto& entry : entries[i])
        take_file(tree(), entry, work_.words.sources[i].text, work_.words.is_add && work_.words.unpack.value_or(true));
    }
    for (const auto& file : work_.words.files) copier_.write(file, is_single_);
  }

 private:
  const SourceTree& tree() const { return work_.content.tree == nullptr ? mounted_ : *work_.content.tree; }
  std::string next_place() { return format("{}/source{}", place_.workspace, ++number_); }

  void take_file(const SourceTree& from, const SourceEntry& entry, const std::string& source, bool unpacks) {
    if (unpacks && S_ISREG(entry.info.st_mode) && unpack_into(work_.engine, copier_, entry, next_place())) return;
    copier_.copy(from, entry, is_single_, source);
  }

  // Bytes from the network: first into the workspace, which goes with the step.
  void take_remote(const TakenRemote& remote) {
    const RemoteFiles files(work_.engine, work_.options);
    const std::string place = next_place();
    SourceTree brought;
    if (const auto* git = std::get_if<language::GitPlace>(&remote.source.place)) {
      const std::string directory = files.bring_tree(*git, remote.found, remote.source.keeps_git_dir, place);
      brought.root = sys::open_path(directory, O_RDONLY | O_DIRECTORY);
      const auto entries = find_entries(brought, "/");
      return copier_.copy(brought, entries.at(0), is_single_, "/");
    }
    const std::string name = remote.found.name.empty() ? "file" : remote.found.name;
    const std::string file = files.bring_file(std::get<language::UrlPlace>(remote.source.place), remote.found, place);
    brought.root = sys::open_path(parent_path(file), O_RDONLY | O_DIRECTORY);
    SourceEntry entry{name, sys::open_path(file, O_PATH | O_NOFOLLOW), {}};
    if (::fstat(entry.fd.get(), &entry.info) != 0) throw_errno("look at '{}'", name);
    take_file(brought, entry, name, work_.words.unpack.value_or(false));
  }

  const CopyWork& work_;
  const StepPlace& place_;
  SourceTree mounted_;
  FileCopier copier_;
  bool is_single_ = false;
  int number_ = 0;
};

Json copy_files(const CopyWork& work, const StepPlace& place) {
  {
    const sys::UniqueFd root = mount_stage(work.engine, work.driver, work.stack, place);
    CopyRun(work, place, root.get()).run();
  }
  ::umount2((place.workspace + "/rootfs").c_str(), MNT_DETACH);
  return Json::object();
}

}  // namespace

std::optional<FileStep> make_copy_step(const StepContext& context, const Instruction& instruction,
                                       const StageState& state) {
  FileStep step;
  CopyWork work{context.engine,
                context.driver,
                context.options,
                expand_copy(instruction, state, context.escape, context.uses_cache),
                {},
                {},
                state.stack};
  if (!work.words.mode.empty()) ModeChange::parse(work.words.mode);  // a mistake is said before anything is done
  for (const auto& source : work.words.sources) {
    if (!source.remote) continue;
    try {
      const auto found = context.find_remote(*source.remote);
      if (!found) return std::nullopt;
      work.remotes.push_back({*source.remote, *found});
    } catch (const Error& error) {
      language::fail_at(*instruction.source, source.position, error.what(), error.hint());
    }
    const bool is_nameless =
        std::holds_alternative<language::UrlPlace>(source.remote->place) && work.remotes.back().found.name.empty();
    if (is_nameless && work.words.is_folder() && !work.words.unpack.value_or(false))
      language::fail_at(*instruction.source, source.position, "neither the URL nor its server names the file",
                        format("write the destination with a name: {}NAME", work.words.destination));
  }
  const auto& copy = std::get<language::Copy>(instruction.body);
  const bool takes_repository = std::ranges::any_of(
      work.remotes, [](const auto& each) { return std::holds_alternative<language::GitPlace>(each.source.place); });
  if (copy.keep_git_dir.value_or(false) && !takes_repository)
    log_warn("{}:{}: --keep-git-dir has no effect: no source is a repository", instruction.source->name,
             instruction.position.line);
  work.content = context.find_content(work.words.from);
  add_words(work.words, step.key);
  add_sources(work.words, work.content, work.remotes, instruction, step);
  step.created_by = language::without_credentials(instruction.text);
  step.work = [work](const StepPlace& place) { return copy_files(work, place); };
  return step;
}

FileStep make_workdir_step(const StepContext& context, const StageState& state) {
  FileStep step;
  const std::string path = state.config.working_dir, user = state.config.user;
  step.created_by = "WORKDIR " + path;
  step.key.add("kind", "WORKDIR");
  step.key.add("path", path);
  step.key.add("user", user);
  step.work = [&engine = context.engine, driver = context.driver, stack = state.stack, path,
               user](const StepPlace& place) -> Json {
    {
      const sys::UniqueFd root = mount_stage(engine, driver, stack, place);
      CopyPlan plan;
      plan.destination = path;
      if (!user.empty()) {
        const auto resolved = engine::resolve_container_user(root.get(), {}, user, {});
        plan.owner = CopyOwner{resolved.uid, resolved.gid};
      }
      FileCopier(root.get(), std::move(plan)).make_destination();
    }
    ::umount2((place.workspace + "/rootfs").c_str(), MNT_DETACH);
    return Json::object();
  };
  return step;
}

}  // namespace lichen::buildah
