// Goldens of the compose file: files and flags in; warnings and what `config` prints, or the error, out.
#include <algorithm>

#include "compose/language/render.hh"
#include "libpod/base/error.hh"
#include "tests/unit/compose_language/cases.hh"

namespace lichen::compose::test {
namespace {

/// What the flags of a case ask for.
struct Ask {
  LoadRequest request;
  std::string print = "yaml";  // json, services, volumes, images, profiles, hash, environment, variables, tree
};

bool take_switch(Ask& ask, const std::string& word) {
  LoadRequest& request = ask.request;
  const std::map<std::string, bool*> off = {{"--no-interpolate", &request.interpolate},
                                            {"--no-normalize", &request.normalize},
                                            {"--no-path-resolution", &request.resolve_paths},
                                            {"--no-consistency", &request.check_consistency},
                                            {"--no-env-resolution", &request.resolve_environment}};
  if (const auto found = off.find(word); found != off.end()) {
    *found->second = false;
  } else if (word == "--all-resources") {
    request.all_resources = true;
  } else if (word == "--all-services") {
    // The others stay in the project; see parse_args().
  } else if (word == "--refuse") {
    request.unsupported = UnsupportedKeys::refused;
  } else if (word == "--look") {
    request.unsupported = UnsupportedKeys::untold;
  } else if (word.starts_with("--print=")) {
    ask.print = word.substr(8);
  } else {
    return false;
  }
  return true;
}

Ask parse_args(const Case& each) {
  Ask ask;
  LoadRequest& request = ask.request;
  request.cwd = kFolder;
  request.home = "/home/me";
  request.environment = each.environment;
  const std::map<std::string, Strings*> lists = {
      {"-f", &request.files}, {"--env-file", &request.env_files}, {"--profile", &request.profiles}};
  const std::map<std::string, std::string*> words = {
      {"-p", &request.project_name}, {"--project-directory", &request.project_directory}, {"--cwd", &request.cwd}};
  for (std::size_t i = 0; i < each.args.size(); ++i) {
    const std::string& word = each.args[i];
    if (take_switch(ask, word)) continue;
    if (const auto list = lists.find(word); list != lists.end()) {
      list->second->push_back(each.args.at(++i));
    } else if (const auto value = words.find(word); value != words.end()) {
      *value->second = each.args.at(++i);
    } else {
      request.services.push_back(word);
      request.only_services = std::find(each.args.begin(), each.args.end(), "--all-services") == each.args.end();
    }
  }
  return ask;
}

std::string lines(const Strings& texts) {
  std::string all;
  for (const auto& text : texts) all += text + "\n";
  return all;
}

std::string print_tree(const Ask& ask, MemoryFiles& files) {
  const auto loaded = load_uninterpolated(ask.request, files);
  if (ask.print != "variables") return render_yaml(loaded.tree);
  std::string text;
  for (const auto& [name, variable] : loaded.variables)
    text += format("{} required={} default={} alternate={}\n", name, variable.is_required, variable.default_value,
                   variable.alternate_value);
  return text;
}

std::string print_project(const Ask& ask, const Project& project) {
  Strings texts;
  if (ask.print == "json") return render_json(project_json(project, Format::json));
  if (ask.print == "services")
    for (const auto& service : project.services) texts.push_back(service.name);
  else if (ask.print == "disabled")
    for (const auto& service : project.disabled_services) texts.push_back(service.name);
  else if (ask.print == "images")
    for (const auto& service : project.services) texts.push_back(image_of(service, project));
  else if (ask.print == "hash")
    for (const auto& service : project.services) texts.push_back(service.name + " " + config_hash(service));
  else if (ask.print == "environment")
    for (const auto& [name, value] : project.environment) texts.push_back(name + "=" + value);
  else if (ask.print == "files")
    for (const auto& file : project.compose_files) texts.push_back(file);
  else
    return render_yaml(project_json(project, Format::yaml));
  return lines(texts);
}

std::string printed(const Case& each) {
  std::string text;
  try {
    Ask ask = parse_args(each);
    ask.request.on_warning = [&](const Warning& warning) { text += "warning: " + warning.message() + "\n"; };
    MemoryFiles files(each.files);
    const bool is_tree = !ask.request.interpolate || ask.print == "variables";
    const std::string result = is_tree ? print_tree(ask, files) : print_project(ask, load_project(ask.request, files));
    return text + result;
  } catch (const Error& error) {
    EXPECT_NE(error.kind(), ErrorKind::internal);
    EXPECT_EQ(std::string(error.what()).find("yaml-cpp"), std::string::npos);
    return text + format("error: {}\n", error.what()) + (error.hint().empty() ? "" : "hint: " + error.hint() + "\n");
  }
}

class ComposeGolden : public testing::TestWithParam<const char*> {};

TEST_P(ComposeGolden, Cases) { check_cases(GetParam(), printed); }

/// What `config` prints is a compose file of the same project.
TEST_P(ComposeGolden, ConfigOfConfigIsTheSame) {
  for (const auto& each : read_cases(cases_folder() / (std::string(GetParam()) + ".cases"))) {
    SCOPED_TRACE(each.name);
    const Ask ask = parse_args(each);
    if (!ask.request.interpolate || !ask.request.normalize || !ask.request.check_consistency ||
        !ask.request.resolve_paths)
      continue;
    MemoryFiles files(each.files);
    Json tree;
    try {
      tree = project_json(load_project(ask.request, files), Format::yaml);
    } catch (const Error&) {
      continue;
    }
    auto again = each.files;
    again["-"] = render_yaml(escape_dollars(tree));
    LoadRequest request = ask.request;
    request.files = {"-"};
    request.project_directory = kFolder;
    MemoryFiles more(again);
    const auto second = load_project(request, more);
    EXPECT_EQ(render_yaml(project_json(second, Format::yaml)), render_yaml(tree));
  }
}

INSTANTIATE_TEST_SUITE_P(Groups, ComposeGolden,
                         testing::Values("document", "dotenv", "files", "interpolation", "merge", "extends", "include",
                                         "profiles", "service", "build", "deploy", "ports", "volumes", "networks",
                                         "objects", "errors", "consistency", "config"),
                         [](const auto& group) { return std::string(group.param); });

}  // namespace
}  // namespace lichen::compose::test
