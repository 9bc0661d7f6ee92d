// The reading of a command line, form by form, as docker and podman read it.
#include "src/arg_parser.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libpod/base/error.hh"
#include "src/tables/builders.hh"

namespace lichen::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Words = std::vector<std::string>;

ParsedArgs parse(std::string_view command, const Words& words) {
  return parse_arguments(*find_command(command), words);
}

/// "message | hint" of the error.
std::string error_of(std::string_view command, const Words& words) {
  try {
    parse(command, words);
  } catch (const Error& error) {
    return std::string(error.what()) + " | " + error.hint();
  }
  return "no error";
}

TEST(ArgParser, LongForms) {
  EXPECT_EQ(parse("run", {"--name=web", "img"}).get_string("name"), "web");
  EXPECT_EQ(parse("run", {"--name", "web", "img"}).get_string("name"), "web");
  EXPECT_EQ(parse("run", {"--name=a=b", "img"}).get_string("name"), "a=b");
  EXPECT_EQ(parse("run", {"--name", "a", "--name", "b", "img"}).get_string("name"), "b");
}

TEST(ArgParser, EmptyValueIsAValue) {
  const auto glued = parse("run", {"--entrypoint=", "img", "x"});
  EXPECT_TRUE(glued.has("entrypoint"));
  EXPECT_EQ(glued.get_string("entrypoint"), "");
  EXPECT_THAT(glued.positionals(), ElementsAre("img", "x"));
  EXPECT_THAT(parse("run", {"--entrypoint", "", "img"}).positionals(), ElementsAre("img"));
  EXPECT_THAT(parse("run", {"-e=", "img"}).get_list("env"), ElementsAre(""));
}

TEST(ArgParser, ShortForms) {
  const auto cluster = parse("run", {"-it", "img"});
  EXPECT_TRUE(cluster.get_bool("interactive"));
  EXPECT_TRUE(cluster.get_bool("tty"));
  EXPECT_THAT(parse("run", {"-p80:80", "img"}).get_list("publish"), ElementsAre("80:80"));
  EXPECT_THAT(parse("run", {"-p", "80:80", "-p=81:81", "img"}).get_list("publish"), ElementsAre("80:80", "81:81"));
  EXPECT_THAT(parse("run", {"-e", "VAR", "img"}).get_list("env"), ElementsAre("VAR"));
  const auto mixed = parse("run", {"-dp", "8080:80", "img"});
  EXPECT_TRUE(mixed.get_bool("detach"));
  EXPECT_THAT(mixed.get_list("publish"), ElementsAre("8080:80"));
  EXPECT_THAT(parse("run", {"-itv/a:/b", "img"}).get_list("volume"), ElementsAre("/a:/b"));
  EXPECT_FALSE(parse("run", {"-it=false", "img"}).get_bool("tty"));
  EXPECT_EQ(parse("run", {"-h", "box", "img"}).get_string("hostname"), "box");
}

TEST(ArgParser, AValueMayLookLikeAFlag) {
  EXPECT_EQ(parse("run", {"--pids-limit", "-1", "img"}).get_int("pids-limit"), -1);
  EXPECT_THAT(parse("run", {"-e", "--rm", "img"}).get_list("env"), ElementsAre("--rm"));
  EXPECT_THAT(parse("run", {"--label", "--", "img"}).get_list("label"), ElementsAre("--"));
  EXPECT_THAT(parse("run", {"-e", "[a,b]", "img"}).get_list("env"), ElementsAre("[a,b]"));
  EXPECT_THAT(parse("run", {"-e", "-t=x", "img"}).get_list("env"), ElementsAre("-t=x"));
}

TEST(ArgParser, Booleans) {
  for (const char* yes : {"--rm", "--rm=true", "--rm=1", "--rm=T"})
    EXPECT_TRUE(parse("run", {yes, "img"}).get_bool("rm")) << yes;
  for (const char* no : {"--rm=false", "--rm=0"}) {
    EXPECT_FALSE(parse("run", {no, "img"}).get_bool("rm")) << no;
    EXPECT_TRUE(parse("run", {no, "img"}).has("rm")) << no;
  }
  // A boolean does not take the next word.
  EXPECT_THAT(parse("run", {"--rm", "false"}).positionals(), ElementsAre("false"));
  EXPECT_TRUE(parse("run", {"img"}).get_bool("sig-proxy"));
  EXPECT_FALSE(parse("run", {"--sig-proxy=false", "img"}).get_bool("sig-proxy"));
}

TEST(ArgParser, RunStopsAtTheImage) {
  const auto args = parse("run", {"-i", "img", "ls", "-t", "--rm", "--nonsense", "--"});
  EXPECT_THAT(args.positionals(), ElementsAre("img", "ls", "-t", "--rm", "--nonsense", "--"));
  EXPECT_FALSE(args.get_bool("tty"));
  EXPECT_THAT(parse("run", {"--", "img", "-x"}).positionals(), ElementsAre("img", "-x"));
  EXPECT_THAT(parse("exec", {"-it", "box", "sh", "-c", "ls"}).positionals(), ElementsAre("box", "sh", "-c", "ls"));
}

TEST(ArgParser, OtherCommandsTakeFlagsAnywhere) {
  const auto args = parse("rm", {"a", "-f", "b", "--", "-v"});
  EXPECT_TRUE(args.get_bool("force"));
  EXPECT_FALSE(args.get_bool("volumes"));
  EXPECT_THAT(args.positionals(), ElementsAre("a", "b", "-v"));
  EXPECT_THAT(parse("import", {"-", "name"}).positionals(), ElementsAre("-", "name"));
}

TEST(ArgParser, AliasesReachTheirOption) {
  EXPECT_THAT(parse("run", {"--net", "host", "--network=none", "img"}).get_list("network"),
              ElementsAre("host", "none"));
  EXPECT_EQ(parse("stop", {"--time", "3", "x"}).get_int("timeout"), 3);
  EXPECT_THAT(parse("run", {"--dns-opt", "a", "img"}).get_list("dns-option"), ElementsAre("a"));
}

TEST(ArgParser, ListsKeepCommasAndCsvDoesNot) {
  EXPECT_THAT(parse("run", {"-e", "A=1,2", "img"}).get_list("env"), ElementsAre("A=1,2"));
  EXPECT_THAT(parse("wait", {"--condition", "exited,running", "--condition=paused", "x"}).get_list("condition"),
              ElementsAre("exited", "running", "paused"));
  EXPECT_THAT(parse("run", {"img"}).get_list("env"), IsEmpty());
}

TEST(ArgParser, DefaultsComeFromTheTable) {
  const auto args = parse("run", {"img"});
  EXPECT_FALSE(args.has("pull"));
  EXPECT_EQ(args.get_string("pull"), "missing");
  EXPECT_EQ(args.find_string("pull"), std::nullopt);
  EXPECT_EQ(parse("ps", {}).get_int("last"), -1);
  EXPECT_EQ(parse("ps", {}).find_int("last"), std::nullopt);
}

TEST(ArgParser, UnknownFlags) {
  EXPECT_EQ(error_of("run", {"--detatch", "img"}),
            "unknown flag: --detatch | did you mean '--detach'? See 'lichen run --help'.");
  EXPECT_EQ(error_of("run", {"--naem", "img"}),
            "unknown flag: --naem | did you mean '--name'? See 'lichen run --help'.");
  EXPECT_EQ(error_of("run", {"--zzzzzz", "img"}), "unknown flag: --zzzzzz | See 'lichen run --help'.");
  EXPECT_EQ(error_of("run", {"-Z", "img"}), "unknown shorthand flag: 'Z' in -Z | See 'lichen run --help'.");
  EXPECT_EQ(error_of("run", {"-itZ", "img"}), "unknown shorthand flag: 'Z' in -itZ | See 'lichen run --help'.");
  EXPECT_THAT(error_of("ps", {"---x"}), HasSubstr("bad flag syntax: ---x"));
  EXPECT_THAT(error_of("ps", {"--=x"}), HasSubstr("bad flag syntax: --=x"));
  EXPECT_EQ(error_of("container inspect", {"--nope", "x"}),
            "unknown flag: --nope | See 'lichen container inspect --help'.");
}

TEST(ArgParser, MissingAndWrongValues) {
  EXPECT_THAT(error_of("run", {"--name"}), HasSubstr("flag needs an argument: --name |"));
  EXPECT_THAT(error_of("run", {"-v"}), HasSubstr("flag needs an argument: 'v' in -v |"));
  EXPECT_THAT(error_of("run", {"-itv"}), HasSubstr("flag needs an argument: 'v' in -itv |"));
  EXPECT_THAT(error_of("ps", {"-n", "abc"}),
              HasSubstr("invalid argument \"abc\" for \"-n, --last\" flag: must be a whole number |"));
  EXPECT_THAT(error_of("run", {"-it=x", "a"}),
              HasSubstr("invalid argument \"x\" for \"-t, --tty\" flag: must be true or false |"));
  EXPECT_THAT(
      error_of("run", {"--pull", "maybe", "a"}),
      HasSubstr("invalid argument \"maybe\" for \"--pull\" flag: must be one of always, missing, never, newer |"));
  EXPECT_THAT(error_of("wait", {"--condition", "exited,gone", "a"}),
              HasSubstr("invalid argument \"exited,gone\" for \"--condition\""));
}

TEST(ArgParser, FlagsThatAreNotDoneYetSaySo) {
  EXPECT_EQ(error_of("run", {"--rdt-class", "x", "img"}),
            "the flag --rdt-class of 'lichen run' is not done yet | see 'lichen run --help' for the flags that work");
  EXPECT_THAT(error_of("run", {"--rdt-class=x", "img"}), HasSubstr("the flag --rdt-class of 'lichen "));
  EXPECT_THAT(error_of("commit", {"-s"}), HasSubstr("the flag -s of 'lichen "));
  EXPECT_THAT(error_of("run", {"--personality", "LINUX32", "img"}), HasSubstr("the flag --personality of 'lichen "));
  EXPECT_THAT(error_of("exec", {"--preserve-fds", "x"}), HasSubstr("the flag --preserve-fds of 'lichen "));
  // Beyond the image it is the command's own flag.
  EXPECT_EQ(error_of("run", {"img", "--rdt-class"}), "no error");
}

TEST(ArgParser, NumberOfArguments) {
  EXPECT_EQ(error_of("exec", {"-l", "true"}), "no error");
  EXPECT_THAT(error_of("exec", {"-l"}), HasSubstr("requires at least 2 arguments"));
  EXPECT_THAT(error_of("exec", {"--latest=false", "true"}), HasSubstr("requires at least 2 arguments"));
  EXPECT_EQ(error_of("ps", {"-l"}), "no error");
  EXPECT_EQ(error_of("run", {}),
            "'lichen run' requires at least 1 argument | Usage: lichen run [OPTIONS] IMAGE [COMMAND] [ARG...]. "
            "See 'lichen run --help'.");
  EXPECT_THAT(error_of("exec", {"box"}), HasSubstr("'lichen exec' requires at least 2 arguments |"));
  EXPECT_THAT(error_of("images", {"a", "b"}), HasSubstr("'lichen images' requires at most 1 argument |"));
  EXPECT_THAT(error_of("ps", {"x"}), HasSubstr("'lichen ps' accepts no arguments |"));
  EXPECT_THAT(error_of("attach", {"a", "b"}), HasSubstr("'lichen attach' requires 1 argument |"));
}

TEST(ArgParser, HelpIsAskedFor) {
  const auto wants = [](std::string_view command, const Words& words) {
    return normalize_words(*find_command(command), words).wants_help;
  };
  EXPECT_TRUE(wants("run", {"--rm", "--help"}));
  EXPECT_TRUE(wants("ps", {"-h"}));
  EXPECT_TRUE(wants("exec", {"-ih"}));
  EXPECT_FALSE(wants("run", {"img", "--help"}));
  EXPECT_FALSE(wants("run", {"-h", "--help", "img"}));  // a host name
}

TEST(ArgParser, OptionsBeforeTheCommand) {
  const auto words = normalize_words(global_spec(), Words{"--root", "/x", "-D", "run", "--root"});
  EXPECT_EQ(words.consumed, 3u);
  const auto args = bind_options(global_spec(), {words.uses, {}, 0, false});
  EXPECT_EQ(args.get_string("root"), "/x");
  EXPECT_TRUE(args.get_bool("debug"));
  EXPECT_EQ(args.get_string("log-level"), "warn");
}

}  // namespace
}  // namespace lichen::cli
