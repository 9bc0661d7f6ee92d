// The table is data that people edit: what every row must keep, and lookup.
#include "src/command.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"

namespace lichen::cli {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

template <typename Function>
void for_each_row(const Function& function) {
  function(global_spec());
  for (const auto family : command_families())
    for (const auto& command : family) {
      SCOPED_TRACE(std::string(command.path));
      function(command);
    }
}

TEST(CommandTable, NamesAreUnique) {
  std::set<std::string> seen;
  for_each_row([&](const CommandSpec& command) {
    EXPECT_TRUE(seen.insert(std::string(command.path)).second) << command.path;
    for (const auto alias : list_items(command.aliases)) EXPECT_TRUE(seen.insert(std::string(alias)).second) << alias;
  });
  EXPECT_GT(seen.size(), 120u);
}

TEST(CommandTable, ParentsOfPathsAreGroups) {
  for (const auto& name : command_names()) {
    const auto space = name.rfind(' ');
    if (space == std::string::npos) continue;
    const CommandSpec* parent = find_command(name.substr(0, space));
    ASSERT_NE(parent, nullptr) << name;
    EXPECT_TRUE(parent->is_group || !parent->is_done()) << name;
  }
}

TEST(CommandTable, OptionsAreUniqueAndAliasesResolve) {
  for_each_row([](const CommandSpec& command) {
    std::map<std::string, int> names;
    for (const auto part : command.options)
      for (const auto& option : part) {
        ++names[std::string(option.name)];
        if (option.short_name != 0) ++names[std::string(1, option.short_name)];
        EXPECT_FALSE(option.name.empty());
        EXPECT_EQ(option.takes_value(), !option.value_name.empty()) << option.name;
        EXPECT_TRUE(option.hidden || !option.help.empty()) << option.name;
        EXPECT_FALSE(option.values_are_all && option.values.empty()) << option.name;
        if (option.alias_of.empty()) continue;
        const OptionSpec* target = find_option(command, option.alias_of);
        ASSERT_NE(target, nullptr) << option.name;
        EXPECT_TRUE(target->alias_of.empty()) << option.name;
        EXPECT_EQ(target->kind, option.kind) << option.name;
      }
    for (const auto part : command.not_yet_options)
      for (const auto item : list_items(part, ' ')) {
        const auto pieces = split(item, '/');
        ++names[pieces[0]];
        if (pieces.size() > 1 && find_option(command, pieces[1][0]) != nullptr) ++names[pieces[1]];
      }
    for (const auto& [name, count] : names) EXPECT_EQ(count, 1) << name;
  });
}

TEST(CommandTable, RowsTeach) {
  for_each_row([](const CommandSpec& command) {
    if (!command.is_done()) return;
    EXPECT_FALSE(command.summary.empty());
    EXPECT_THAT(std::string(command.summary), Not(::testing::EndsWith(".")));
    EXPECT_TRUE(command.hidden || command.is_group || !command.examples.empty());
    EXPECT_TRUE(command.examples.empty() || command.examples.ends_with('\n'));
  });
}

TEST(CommandTable, KnowsWhatTheIssueNames) {
  for (const char* path : {"run",
                           "create",
                           "start",
                           "stop",
                           "kill",
                           "rm",
                           "ps",
                           "inspect",
                           "logs",
                           "exec",
                           "attach",
                           "wait",
                           "container run",
                           "container create",
                           "container start",
                           "container stop",
                           "container kill",
                           "container rm",
                           "container ls",
                           "container ps",
                           "container inspect",
                           "container logs",
                           "container exec",
                           "container attach",
                           "container wait",
                           "pull",
                           "load",
                           "import",
                           "save",
                           "images",
                           "rmi",
                           "tag",
                           "untag",
                           "image ls",
                           "image inspect",
                           "image history",
                           "image exists",
                           "image prune",
                           "image pull",
                           "image load",
                           "image save",
                           "image import",
                           "image rm",
                           "image tag",
                           "image untag",
                           "volume create",
                           "volume ls",
                           "volume inspect",
                           "volume rm",
                           "volume prune",
                           "volume exists",
                           "system check",
                           "system info",
                           "doctor",
                           "info",
                           "version",
                           "unshare",
                           "completion",
                           "help",
                           "login",
                           "logout",
                           "push",
                           "network",
                           "pod",
                           "compose",
                           "build"})
    EXPECT_NE(find_command(path), nullptr) << path;
}

TEST(CommandTable, FlagsOfRunThatTheIssueNamesAreDone) {
  const CommandSpec& run = *find_command("run");
  for (const char* name :
       {"detach",    "interactive", "tty",        "rm",           "name",         "env",         "env-file",
        "volume",    "mount",       "tmpfs",      "read-only",    "publish",      "publish-all", "user",
        "workdir",   "entrypoint",  "hostname",   "network",      "dns",          "dns-option",  "dns-search",
        "add-host",  "cap-add",     "cap-drop",   "security-opt", "privileged",   "device",      "ulimit",
        "shm-size",  "init",        "label",      "stop-signal",  "stop-timeout", "pull",        "platform",
        "cidfile",   "pidfile",     "log-driver", "log-opt",      "userns",       "group-add",   "memory",
        "cpus",      "pids-limit",  "sysctl",     "restart",      "runtime",      "rootfs",      "replace",
        "sig-proxy", "detach-keys", "no-hosts",   "tz",           "umask",        "http-proxy"}) {
    const OptionSpec* option = find_option(run, name);
    ASSERT_NE(option, nullptr) << name;
    EXPECT_EQ(option->state, OptionState::done) << name;
  }
  EXPECT_TRUE(is_not_yet_option(run, "rdt-class"));
  EXPECT_TRUE(is_not_yet_option(run, "uidmap"));
  EXPECT_FALSE(is_not_yet_option(run, "nonsense"));
}

TEST(Lookup, LongestPathWins) {
  const auto match = [](std::vector<std::string> words) {
    const auto [command, count] = match_command(words);
    return std::string(command == nullptr ? "none" : command->path) + "/" + std::to_string(count);
  };
  EXPECT_EQ(match({"run", "ls"}), "run/1");
  EXPECT_EQ(match({"container", "ls", "-a"}), "ps/2");
  EXPECT_EQ(match({"container", "--help"}), "container/1");
  EXPECT_EQ(match({"image", "nonsense"}), "image/1");
  EXPECT_EQ(match({"network", "ls"}), "network ls/2");
  EXPECT_EQ(match({"kube", "play"}), "kube/1");
  EXPECT_EQ(match({"system", "connection", "add"}), "system connection/2");
  EXPECT_EQ(match({"nonsense"}), "none/0");
  EXPECT_EQ(match({}), "none/0");
}

TEST(Lookup, UnknownCommandsHaveASuggestion) {
  const auto error = [](const char* group, const char* word) {
    try {
      throw_unknown_command(group == nullptr ? nullptr : find_command(group), word);
    } catch (const Error& e) {
      return std::string(e.what()) + " | " + e.hint();
    }
  };
  EXPECT_EQ(error(nullptr, "imges"),
            "unknown command: lichen imges | did you mean 'lichen images'? See 'lichen --help'.");
  EXPECT_EQ(error("volume", "lst"),
            "unknown command: lichen volume lst | did you mean 'lichen volume ls'? See 'lichen volume --help'.");
  EXPECT_EQ(error(nullptr, "frobnicate"),
            "unknown command: lichen frobnicate | see 'lichen --help' for the list of commands");
}

TEST(Lookup, ChildrenIncludeAliases) {
  std::vector<std::string> names;
  for (const auto* command : commands_below("image")) names.emplace_back(command->path);
  EXPECT_THAT(names, AllOf(Contains("images"), Contains("pull"), Contains("image prune"), Not(Contains("ps")),
                           Not(Contains("image"))));
}

}  // namespace
}  // namespace lichen::cli
