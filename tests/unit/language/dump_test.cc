// dump.hh. It is named like a test so that the test program's list of sources finds it; it holds one: nothing is lost
// that has a place.
#include "tests/unit/language/dump.hh"

#include <gtest/gtest.h>

#include "buildah/language/parse.hh"
#include "libpod/base/format.hh"

namespace lichen::language::test {
namespace {

std::string place(Position position) { return format("{}:{}", position.line, position.column); }

// "text@line:column"; the place is what the caret of a later error shows.
Json word(const Word& value) { return value.text + " @" + place(value.position); }

Json words(const std::vector<Word>& values) {
  Json list = Json::array();
  for (const auto& value : values) list.push_back(word(value));
  return list;
}

Json command(const Command& value) {
  if (value.is_shell) return Json{{"shell", value.args.at(0)}};
  return Json{{"exec", value.args}};
}

Json heredocs(const std::vector<Heredoc>& values) {
  Json list = Json::array();
  for (const auto& value : values) {
    Json json{{"name", value.name}, {"body", value.body}, {"at", place(value.position)}};
    if (!value.is_expanded) json["literal"] = true;
    if (value.fd != 0) json["fd"] = value.fd;
    list.push_back(std::move(json));
  }
  return list;
}

template <typename T>
void set(Json& json, const char* key, const T& value) {
  if (value != T()) json[key] = value;
}
void set(Json& json, const char* key, const std::optional<Word>& value) {
  if (value) json[key] = word(*value);
}
void set(Json& json, const char* key, const std::optional<bool>& value) {
  if (value) json[key] = *value;
}

Json pairs(const std::vector<KeyValue>& values, bool is_legacy) {
  Json json{{"pairs", Json::array()}};
  for (const auto& pair : values) json["pairs"].push_back(Json::array({word(pair.key), word(pair.value)}));
  set(json, "legacy", is_legacy);
  return json;
}

struct Dumper {
  Json operator()(const From& from) const {
    Json json{{"image", word(from.image)}};
    set(json, "platform", from.platform);
    set(json, "name", from.name);
    set(json, "after", from.after);
    return json;
  }
  Json operator()(const Run& run) const {
    Json json = command(run.command);
    for (const auto& mount : run.mounts) {
      Json keys = Json::array();
      for (const auto& [key, value] : mount.keys) keys.push_back(value ? key + "=" + *value : key);
      json["mounts"].push_back(std::move(keys));
    }
    set(json, "network", run.network);
    set(json, "security", run.security);
    if (!run.devices.empty()) json["devices"] = words(run.devices);
    if (!run.heredocs.empty()) json["heredocs"] = heredocs(run.heredocs);
    set(json, "script_file", run.is_script_file);
    return json;
  }
  Json operator()(const Copy& copy) const {
    Json json = Json::object();
    set(json, "from", copy.from);
    set(json, "chown", copy.chown);
    set(json, "chmod", copy.chmod);
    set(json, "link", copy.link);
    set(json, "parents", copy.parents);
    set(json, "keep_git_dir", copy.keep_git_dir);
    set(json, "checksum", copy.checksum);
    set(json, "unpack", copy.unpack);
    if (!copy.exclude.empty()) json["exclude"] = words(copy.exclude);
    json["sources"] = words(copy.sources);
    if (!copy.heredocs.empty()) json["heredocs"] = heredocs(copy.heredocs);
    json["to"] = word(copy.destination);
    return json;
  }
  Json operator()(const Env& env) const { return pairs(env.pairs, env.is_legacy); }
  Json operator()(const Label& label) const { return pairs(label.pairs, label.is_legacy); }
  Json operator()(const Arg& arg) const {
    Json json = Json::array();
    for (const auto& pair : arg.pairs)
      json.push_back(pair.value ? Json::array({word(pair.key), word(*pair.value)}) : Json::array({word(pair.key)}));
    return json;
  }
  Json operator()(const Expose& expose) const { return words(expose.ports); }
  Json operator()(const User& user) const { return word(user.user); }
  Json operator()(const Workdir& workdir) const { return word(workdir.path); }
  Json operator()(const Volume& volume) const { return words(volume.paths); }
  Json operator()(const Stopsignal& signal) const { return word(signal.signal); }
  Json operator()(const Healthcheck& check) const {
    if (check.is_none) return "NONE";
    Json json = command(check.command);
    set(json, "interval", check.interval);
    set(json, "timeout", check.timeout);
    set(json, "start_period", check.start_period);
    set(json, "start_interval", check.start_interval);
    set(json, "retries", check.retries);
    return json;
  }
  Json operator()(const Shell& shell) const { return shell.args; }
  Json operator()(const Onbuild& onbuild) const { return Json::array({onbuild.keyword, onbuild.text}); }
  Json operator()(const Cmd& cmd) const { return command(cmd.command); }
  Json operator()(const Entrypoint& entrypoint) const { return command(entrypoint.command); }
  Json operator()(const Maintainer& maintainer) const { return maintainer.name; }
};

}  // namespace

Json to_json(const Instruction& instruction) {
  const std::string lines = instruction.end_line == instruction.position.line
                                ? place(instruction.position)
                                : place(instruction.position) + "-" + format("{}", instruction.end_line);
  Json json{{instruction.keyword, std::visit(Dumper{}, instruction.body)}, {"at", lines}};
  if (instruction.written_keyword != instruction.keyword) json["written"] = instruction.written_keyword;
  if (!instruction.comments.empty()) json["comments"] = instruction.comments;
  return json;
}

std::string dump(const Dockerfile& file) {
  std::string out;
  const auto add = [&out](const Json& json) { out += dump_json(json) + "\n"; };
  Json directives = Json::object();
  set(directives, "syntax", file.directives.syntax);
  if (file.directives.escape != '\\') directives["escape"] = std::string(1, file.directives.escape);
  set(directives, "check_skip", file.directives.check_skip);
  set(directives, "check_experimental", file.directives.check_experimental);
  set(directives, "check_error", file.directives.check_error);
  set(directives, "platform", file.directives.platform);
  if (!directives.empty()) add(Json{{"directives", directives}});
  for (const auto& arg : file.global_args) add(to_json(arg));
  for (const auto& stage : file.stages) {
    add(to_json(stage.from_line));
    for (const auto& step : stage.steps) add(to_json(step));
  }
  for (const auto& warning : file.warnings) add(Json{{"warning", warning.text}, {"at", place(warning.position)}});
  return out;
}

Json to_json(const ResolvedMount& mount) {
  Json json{{"type", std::string(to_string(mount.type))}};
  set(json, "target", mount.target);
  set(json, "source", mount.source);
  set(json, "from", mount.from);
  json["read_only"] = mount.is_read_only;
  set(json, "id", mount.id);
  if (mount.type == MountType::cache) json["sharing"] = std::string(to_string(mount.sharing));
  set(json, "required", mount.is_required);
  set(json, "env", mount.env);
  if (mount.size) json["size"] = *mount.size;
  if (mount.mode) json["mode"] = format("{:o}", *mount.mode);
  if (mount.uid) json["uid"] = *mount.uid;
  if (mount.gid) json["gid"] = *mount.gid;
  set(json, "relabel", mount.relabel);
  set(json, "chowned", mount.is_chowned);
  set(json, "propagation", mount.propagation);
  return json;
}

TEST(Dump, ShowsPlacesOfWords) {
  const auto file = parse_dockerfile("FROM a\nCOPY  x \\\n y\n", "f");
  EXPECT_EQ(dump(file),
            "{\"FROM\":{\"image\":\"a @1:6\"},\"at\":\"1:1\"}\n"
            "{\"COPY\":{\"sources\":[\"x @2:7\"],\"to\":\"y @3:2\"},\"at\":\"2:1-3\"}\n");
}

}  // namespace lichen::language::test
