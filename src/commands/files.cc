// diff, export, cp, commit, mount, unmount: the files of containers.
#include "buildah/changes.hh"
#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/time.hh"
#include "libpod/engine/commit.hh"
#include "libpod/engine/container_copy.hh"
#include "libpod/engine/container_diff.hh"
#include "libpod/engine/container_export.hh"
#include "libpod/engine/container_mount.hh"
#include "libpod/engine/image_lookup.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/commands/one_container.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/session.hh"

#include <cstdio>

#include <unistd.h>

namespace lichen::cli {
namespace {

bool flag_if_known(const ParsedArgs& args, const char* name) {
  return find_option(args.command(), name) != nullptr && args.get_bool(name);
}

}  // namespace

// A container, else an image against what is beneath its last layer (podman; docker knows containers only).
int diff_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const std::string name = words_with_newest(*engine, args)[0];
  std::vector<engine::FileChange> changes;
  try {
    changes = engine::diff_container(*engine, name);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found || !engine::find_image(*engine, name)) throw;
    changes = engine::diff_images(*engine, name, "");
  }
  write_out(changes_text(changes, args.get_string("format")));
  return kExitOk;
}

int export_from(engine::Engine& engine, const ParsedArgs& args, const std::string& container) {
  const std::string output = args.get_string("output");
  if ((output.empty() || output == "-") && ::isatty(STDOUT_FILENO) == 1)
    throw Error(ErrorKind::usage, "cowardly refusing to save to a terminal. Use the -o flag or redirect")
        .with_hint(format("{} -o FILE {}", command_title(args.command()), args.positionals()[0]));
  engine::export_container(engine, container, output.empty() ? "-" : output);
  return kExitOk;
}

int export_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  return export_from(*engine, args, args.positionals()[0]);
}

int commit_from(engine::Engine& engine, const ParsedArgs& args, const std::string& container,
                const std::string& reference, const std::function<void(spec::ImageConfig&)>& prepare) {
  // Podman says how far it is; docker does not, so scripts that read both streams get the id alone.
  const bool quiet = flag_if_known(args, "quiet") || ::isatty(STDERR_FILENO) != 1;
  const engine::CommitRequest request{
      .reference = reference,
      .author = args.get_string("author"),
      .message = args.get_string("message"),
      .change =
          [&](spec::ImageConfig& config) {
            if (prepare) prepare(config);
            buildah::apply_changes(args.get_list("change"), config);
          },
      .pause = args.get_bool("pause") && !flag_if_known(args, "no-pause"),
      .iidfile = find_option(args.command(), "iidfile") == nullptr ? "" : args.get_string("iidfile"),
      .quiet = quiet};
  write_out("sha256:" + engine::commit_container(engine, container, request) + "\n");
  return kExitOk;
}

int commit_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto& words = args.positionals();
  return commit_from(*engine, args, words[0], words.size() > 1 ? words[1] : "");
}

engine::CopyRequest copy_request(const ParsedArgs& args, engine::CopyPlace from, engine::CopyPlace to) {
  if (to.is_stream() && ::isatty(STDOUT_FILENO) == 1)
    throw Error(ErrorKind::usage, "cp: standard output is a terminal").with_hint("redirect it: > FILE.tar");
  if (from.is_stream() && ::isatty(STDIN_FILENO) == 1)
    throw Error(ErrorKind::usage, "cp: standard input is a terminal").with_hint("give an archive: < FILE.tar");
  return {.from = std::move(from),
          .to = std::move(to),
          .archive = args.get_bool("archive"),
          .follow = args.get_bool("follow-link"),
          .overwrite = flag_if_known(args, "overwrite")};
}

int cp_command(Context& context, const ParsedArgs& args) {
  const auto& words = args.positionals();
  const auto request = copy_request(args, engine::parse_copy_place(words[0]), engine::parse_copy_place(words[1]));
  const auto engine = open_engine(context);
  const auto bytes = engine::copy_files(*engine, request);
  // docker says it on standard error, and to people only.
  const bool quiet = args.has("quiet") ? args.get_bool("quiet") : ::isatty(STDOUT_FILENO) != 1;
  if (!quiet && !request.to.is_stream())
    std::fprintf(stderr, "Successfully copied %s to %s\n", human_size(static_cast<double>(bytes)).c_str(),
                 words[1].c_str());
  return kExitOk;
}

namespace {

std::string mounted_json(const std::vector<engine::MountedContainer>& containers) {
  Json out = Json::array();
  for (const auto& container : containers)
    out.push_back({{"id", container.id}, {"Names", Json::array({container.name})}, {"mountpoint", container.path}});
  return dump_json_pretty(out);
}

std::vector<std::string> chosen(engine::Engine& engine, const ParsedArgs& args,
                                const std::function<std::vector<std::string>()>& all) {
  return args.get_bool("latest") ? named_or_newest(engine, args) : named_or_all(args, "container", all);
}

}  // namespace

int mount_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const bool lists = args.positionals().empty() && !args.get_bool("all") && !args.get_bool("latest");
  std::vector<engine::MountedContainer> containers;
  int code = kExitOk;
  if (lists)
    containers = engine::mounted_containers(*engine);
  else
    code = for_each_name(chosen(*engine, args, [&] { return engine->containers.list(); }),
                         [&](const auto& name) { containers.push_back(engine::mount_container(*engine, name)); });
  if (args.get_string("format") == "json") {
    write_out(mounted_json(containers));
    return code;
  }
  std::string text;
  for (const auto& container : containers) {
    const std::string id = args.get_bool("no-trunc") ? container.id : short_id(container.id);
    text += lists ? id + "\t" + container.path + "\n" : container.path + "\n";
  }
  write_out(lists ? align_columns(text) : text);
  return code;
}

int unmount_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto names = chosen(*engine, args, [&] {
    std::vector<std::string> ids;
    for (const auto& container : engine::mounted_containers(*engine)) ids.push_back(container.id);
    return ids;
  });
  return for_each_name(names, [&](const std::string& name) {
    engine::unmount_container(*engine, name, args.get_bool("force"));
    write_out(name + "\n");
  });
}

}  // namespace lichen::cli
