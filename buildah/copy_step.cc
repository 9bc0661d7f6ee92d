// COPY and ADD, and the directory of WORKDIR (file_step.hh).
#include <algorithm>

#include "buildah/copy_files.hh"
#include "buildah/file_step.hh"
#include "buildah/language/expand.hh"
#include "buildah/language/place.hh"
#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/host_facts.hh"
#include "libpod/engine/image_program.hh"
#include "libpod/engine/rootfs.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/namespaces.hh"
#include "libpod/sys/resolve.hh"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

namespace lichen::buildah {
namespace {

using language::Instruction;

// Everything of a COPY after its variables are replaced.
struct CopyWords {
  bool is_add = false, keeps_parents = false;
  std::optional<bool> unpack;
  std::string destination, owner, mode, from;
  std::vector<std::string> sources, excluded;
  std::vector<InlineFile> files;
  std::size_t count() const { return sources.size() + files.size(); }
};

bool is_remote(const std::string& source) {
  return source.starts_with("http://") || source.starts_with("https://") || source.starts_with("git@") ||
         source.starts_with("git://") || source.starts_with("ssh://");
}

void expand_files(const Instruction& instruction, const language::Copy& copy, const StageState& state,
                  CopyWords& words) {
  const auto lookup = [&](std::string_view name) { return find_variable(state, name); };
  for (const auto& heredoc : copy.heredocs) {
    if (!heredoc.is_expanded) {
      words.files.push_back({heredoc.name, heredoc.body});
      continue;
    }
    try {
      words.files.push_back({heredoc.name, language::expand_heredoc(heredoc.body, lookup).text});
    } catch (const Error& error) {
      language::fail_at(*instruction.source, heredoc.position, error.what());
    }
  }
}

CopyWords expand_copy(const StepContext& context, const Instruction& instruction, const StageState& state) {
  const auto& copy = std::get<language::Copy>(instruction.body);
  const auto expand = [&](const language::Word& word) { return expand_word(word, instruction, state, context.escape); };
  CopyWords words;
  words.is_add = copy.is_add;
  words.keeps_parents = copy.parents;
  words.unpack = copy.unpack;
  words.from = copy.from;
  for (const auto& word : copy.sources) {
    words.sources.push_back(expand(word));
    if (is_remote(words.sources.back()))
      language::fail_at(*instruction.source, word.position,
                        copy.is_add ? "ADD from a URL or a git repository is not done yet" : "COPY cannot take a URL",
                        copy.is_add ? "fetch it in a RUN step" : "use ADD");
  }
  if (copy.checksum)
    language::fail_at(*instruction.source, copy.checksum->position, "--checksum is for what ADD fetches from a URL");
  for (const auto& word : copy.exclude) words.excluded.push_back(expand(word));
  if (copy.chown) words.owner = expand(*copy.chown);
  if (copy.chmod) words.mode = expand(*copy.chmod);
  words.destination = expand(copy.destination);
  if (words.destination.empty())
    language::fail_at(*instruction.source, copy.destination.position, "the destination is empty");
  expand_files(instruction, copy, state, words);
  const bool is_folder = words.destination.ends_with('/') || words.destination == "." ||
                         words.destination.ends_with("/.") || words.destination.ends_with("/..");
  if (!words.destination.starts_with('/')) {
    const std::string base = state.config.working_dir.empty() ? "/" : state.config.working_dir;
    words.destination = base + "/" + words.destination;
  }
  words.destination = clean_path(words.destination);
  if (is_folder && words.destination != "/") words.destination += "/";
  if (words.count() > 1 && !words.destination.ends_with('/'))
    language::fail_at(*instruction.source, copy.destination.position,
                      "with more than one source the destination must be a directory and end with a /",
                      format("write {}/", words.destination));
  return words;
}

void add_words(const CopyWords& words, StepKey& key) {
  key.add("kind", words.is_add ? "ADD" : "COPY");
  key.add("destination", words.destination);
  key.add("chown", words.owner);
  key.add("chmod", words.mode);
  key.add("parents", words.keeps_parents ? "1" : "0");
  key.add("unpack", words.unpack ? (*words.unpack ? "1" : "0") : "");
  key.add("exclude", words.excluded);
  for (const auto& file : words.files) key.add("file " + file.name, sha256_hex(file.content));
}

// A context's files count by their content; those of a stage by the stage.
void add_sources(const CopyWords& words, const Content& content, const Instruction& instruction, FileStep& step) {
  if (content.tree == nullptr) {
    step.key.add("source", words.sources);
    step.inputs.push_back(content.stack);
    return;
  }
  const auto excluded = language::IgnoreRules::from_patterns(words.excluded);
  const auto& copy = std::get<language::Copy>(instruction.body);
  for (std::size_t i = 0; i < words.sources.size(); ++i) try {
      for (const auto& entry : find_entries(*content.tree, words.sources[i])) {
        Sha256 hash;
        hash_entry(*content.tree, entry, excluded, hash);
        step.key.add("file " + entry.path, hash.hex());
      }
    } catch (const Error& error) {
      language::fail_at(*instruction.source, copy.sources[i].position, error.what(), error.hint());
    }
}

bool looks_packed(const SourceEntry& entry) {
  if (!S_ISREG(entry.info.st_mode)) return false;
  const sys::UniqueFd file = sys::open_path(sys::fd_path(entry.fd.get()), O_RDONLY);
  std::string head(512, '\0');
  head.resize(sys::read_full(file.get(), head.data(), head.size()));
  const std::string_view all = head;
  return all.starts_with("\x1f\x8b") || all.starts_with("BZh") ||
         all.starts_with(std::string_view("\xfd"
                                          "7zXZ\0",
                                          6)) ||
         all.starts_with("\x28\xb5\x2f\xfd") || (all.size() >= 262 && all.substr(257, 5) == "ustar");
}

// ADD of a tar: its entries instead of it. @return false: it is none
bool unpack_into(engine::Engine& engine, FileCopier& copier, const SourceEntry& entry, const std::string& place) {
  sys::make_directory(place, 0755);
  auto request = engine::image_request(engine);
  const std::string copy = place + ".tar";
  sys::make_symlink(format("/proc/{}/fd/{}", ::getpid(), entry.fd.get()), copy);
  request.input = copy;
  request.output = place;
  request.quiet = true;
  try {
    engine::run_image_program(engine, "volume-import", request);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::invalid) throw;
    log_debug("{}", error.what());
    return false;
  }
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
  CopyWords words;
  Content content;
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

Json copy_files(const CopyWork& work, const StepPlace& place) {
  {
    const sys::UniqueFd root = mount_stage(work.engine, work.driver, work.stack, place);
    SourceTree mounted;
    if (work.content.tree == nullptr)
      mounted = mount_stack(work.engine, work.driver, work.content.stack, place.workspace + "/from", work.content.name);
    const SourceTree& tree = work.content.tree == nullptr ? mounted : *work.content.tree;
    FileCopier copier(root.get(), plan_of(work, root.get()));
    std::vector<std::pair<SourceEntry, std::string>> entries;
    for (const auto& source : work.words.sources)
      for (auto& entry : find_entries(tree, source)) entries.emplace_back(std::move(entry), source);
    const bool is_single = entries.size() + work.words.files.size() == 1;
    if (!is_single && !work.words.destination.ends_with('/'))
      throw Error(ErrorKind::usage, format("'{}' matches more than one file, and '{}' is not written as a directory",
                                           work.words.sources.at(0), work.words.destination))
          .with_hint(format("write {}/", work.words.destination));
    std::size_t number = 0;
    for (const auto& [entry, source] : entries) {
      const bool unpacks = work.words.is_add && work.words.unpack.value_or(true) && looks_packed(entry);
      if (unpacks && unpack_into(work.engine, copier, entry, format("{}/tar{}", place.workspace, ++number))) continue;
      copier.copy(tree, entry, is_single, source);
    }
    for (const auto& file : work.words.files) copier.write(file, is_single);
  }
  ::umount2((place.workspace + "/rootfs").c_str(), MNT_DETACH);
  return Json::object();
}

}  // namespace

FileStep make_copy_step(const StepContext& context, const Instruction& instruction, const StageState& state) {
  FileStep step;
  CopyWork work{context.engine, context.driver, expand_copy(context, instruction, state), {}, state.stack};
  if (!work.words.mode.empty()) ModeChange::parse(work.words.mode);  // a mistake is said before anything is done
  work.content = context.find_content(work.words.from);
  add_words(work.words, step.key);
  add_sources(work.words, work.content, instruction, step);
  step.created_by = instruction.text;
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
