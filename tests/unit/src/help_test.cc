// Help, manual pages and completion: all from the table.
#include "src/help.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "src/completion.hh"
#include "src/man_pages.hh"
#include "tests/unit/source_dir.hh"

namespace lichen::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(Help, OfACommand) {
  EXPECT_EQ(command_help(*find_command("kill"), false),
            "Usage:  lichen kill [OPTIONS] CONTAINER [CONTAINER...]\n"
            "\n"
            "Send a signal to the main process of containers\n"
            "\n"
            "Examples:\n"
            "  lichen kill web\n"
            "  # reload its configuration\n"
            "  lichen kill -s HUP web\n"
            "\n"
            "Options:\n"
            "  -a, --all            Signal every running container\n"
            "      --cidfile path   Read a container's id from this file\n"
            "  -l, --latest         The newest container\n"
            "  -s, --signal signal  Signal to send (default KILL)\n"
            "\n"
            "Also:\n"
            "  lichen container kill\n");
}

TEST(Help, ClosedValuesAndLongFlags) {
  const std::string help = command_help(*find_command("run"), false);
  EXPECT_THAT(
      help,
      HasSubstr("      --pull policy                 When to pull the image: always, missing, never or newer (default\n"
                "                                    missing)\n"));
  EXPECT_THAT(help,
              HasSubstr("      --device host[:container[:rwm]]\n                                    Make a device"));
  EXPECT_THAT(help, Not(HasSubstr("--net ")));
  EXPECT_THAT(help, Not(HasSubstr("--rdt-class")));
  EXPECT_THAT(help, Not(HasSubstr("\x1b")));
}

TEST(Help, LinesFitATerminal) {
  for (const auto family : command_families())
    for (const auto& command : family)
      for (const auto& line : split(command_help(command, false), '\n')) EXPECT_LE(line.size(), 110u) << line;
}

TEST(Help, MainTeachesByExample) {
  const std::string help = main_help(false);
  EXPECT_THAT(
      help, HasSubstr("lichen - containers without root and without a daemon\n\nUsage:\n  lichen [OPTIONS] COMMAND\n"));
  EXPECT_LT(help.find("lichen run --rm -it debian bash"), help.find("Options before the command:"));
  EXPECT_THAT(help, HasSubstr("\n  version     Show the version\n"));
  EXPECT_THAT(help, HasSubstr("      --root path "));
  EXPECT_THAT(main_help(true), HasSubstr("\x1b[1mUsage:\x1b[0m"));
}

TEST(Help, OfAGroupUsesTheGroupsNames) {
  const std::string help = group_help(*find_command("system"));
  EXPECT_THAT(help, HasSubstr("Usage:  lichen system COMMAND\n"));
  EXPECT_THAT(help, HasSubstr("df"));
  EXPECT_THAT(help, Not(HasSubstr("renumber")));
}

TEST(Man, PagesAreRoff) {
  const auto pages = man_pages();
  const auto text_of = [&](std::string_view name) -> std::string {
    for (const auto& page : pages)
      if (page.file_name == name) return page.text;
    return "no such page";
  };
  const std::string version = text_of("lichen-version.1");
  EXPECT_THAT(version, HasSubstr(".SH NAME\nlichen\\-version \\- show the version\n"));
  EXPECT_THAT(version, HasSubstr(".SH SYNOPSIS\n\\fBlichen version\\fR [OPTIONS]\n"));
  EXPECT_THAT(version, HasSubstr(".TP\n\\fB\\-f\\fR, \\fB\\-\\-format\\fR \\fItemplate\\fR\n"));
  EXPECT_THAT(text_of("lichen.1"), HasSubstr(".TP\n\\fBlichen\\-version\\fR(1)\nShow the version.\n"));
  EXPECT_EQ(text_of("lichen-__man.1"), "no such page");
  EXPECT_EQ(roff_escape(".a\n'b\\c-d"), "\\&.a\n\\&'b\\ec\\-d");
}

// completion
// ---------------------------------------------------------------------------------------------------------------

std::vector<std::string> objects(CompletionKind kind) {
  if (kind == CompletionKind::running_container) return {"web", "db"};
  if (kind == CompletionKind::container) return {"web", "db", "old"};
  if (kind == CompletionKind::image) return {"debian:12", "nginx:latest"};
  if (kind == CompletionKind::volume) return {"data"};
  return {};
}

std::vector<std::string> complete(const std::vector<std::string>& words) {
  std::vector<std::string> found;
  for (const auto& item : complete_words(words, objects).items) found.push_back(item.word);
  return found;
}

TEST(Completion, Commands) {
  EXPECT_THAT(complete({"vers"}), ElementsAre("version"));
  EXPECT_THAT(complete({""}), Contains("help"));
  EXPECT_THAT(complete({""}), Not(Contains("__complete")));
  EXPECT_THAT(complete({"volu"}), ElementsAre("volume"));
  EXPECT_THAT(complete({"--root", "/x", "vers"}), ElementsAre("version"));
  EXPECT_THAT(complete({"help", "vers"}), ElementsAre("version"));
  EXPECT_THAT(complete({"nonsense", ""}), IsEmpty());
  EXPECT_THAT(complete({"completion", ""}), ElementsAre("bash", "zsh", "fish"));
  EXPECT_THAT(complete({"completion", "bash", ""}), IsEmpty());
}

TEST(Completion, FlagsAndValues) {
  EXPECT_THAT(complete({"--storage"}), ElementsAre("--storage-driver"));
  EXPECT_THAT(complete({"--storage-driver", ""}), ElementsAre("overlay", "fuse-overlayfs", "vfs"));
  EXPECT_THAT(complete({"run", "--pul"}), ElementsAre("--pull"));
  EXPECT_THAT(complete({"run", "--pull", "a"}), ElementsAre("always"));
  EXPECT_THAT(complete({"run", "--pull=n"}), ElementsAre("--pull=never", "--pull=newer"));
  EXPECT_THAT(complete({"run", "--rdt"}), IsEmpty());
  EXPECT_THAT(complete({"run", "-v", "d"}), ElementsAre("data"));
  EXPECT_TRUE(complete_words(std::vector<std::string>{"run", "--mount", "type=b"}, objects).no_space);
  EXPECT_EQ(complete_words(std::vector<std::string>{"run", "--env-file", ""}, objects).fallback,
            Completions::Fallback::files);
}

TEST(Completion, Objects) {
  EXPECT_THAT(complete({"stop", ""}), ElementsAre("web", "db"));
  EXPECT_THAT(complete({"stop", "web", "d"}), ElementsAre("db"));
  EXPECT_THAT(complete({"rm", "-f", "o"}), ElementsAre("old"));
  EXPECT_THAT(complete({"container", "rm", "o"}), ElementsAre("old"));
  EXPECT_THAT(complete({"run", "--rm", "-e", "X", "deb"}), ElementsAre("debian:12"));
  EXPECT_THAT(complete({"run", "debian:12", ""}), IsEmpty());
  EXPECT_THAT(complete({"run", "debian:12", "--pul"}), IsEmpty());
  EXPECT_THAT(complete({"attach", "web", ""}), IsEmpty());
  EXPECT_THAT(complete({"inspect", "d"}), ElementsAre("debian:12", "data", "db"));
}

TEST(Completion, Format) {
  Completions completions{
      .items = {{"a", "what a is"}, {"b", ""}}, .fallback = Completions::Fallback::files, .no_space = true};
  EXPECT_EQ(format_completions(completions), "a\twhat a is\nb\n:files,nospace\n");
  EXPECT_EQ(format_completions({}), ":none\n");
}

TEST(Completion, CommittedScriptsAreTheGeneratedOnes) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string path = test::source_dir() + "/completions/lichen." + shell;
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), std::fclose);
    ASSERT_TRUE(file) << path;
    std::string text(1 << 16, '\0');
    text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    EXPECT_EQ(text, completion_script(shell))
        << "run: lichen completion " << shell << " > completions/lichen." << shell;
  }
  EXPECT_THROW(completion_script("tcsh"), Error);
}

}  // namespace
}  // namespace lichen::cli
