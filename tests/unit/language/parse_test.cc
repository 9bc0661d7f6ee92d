// What the goldens cannot hold: line ends, limits, fragments, places, mounts with values.
#include "buildah/language/parse.hh"

#include <gtest/gtest.h>

#include "buildah/language/mount.hh"
#include "libpod/base/error.hh"
#include "tests/unit/language/dump.hh"

namespace lichen::language {
namespace {

std::string error_of(const std::string& text, const ParseLimits& limits = {}) {
  try {
    parse_dockerfile(text, "F", limits);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Parse, CarriageReturnsEndLines) {
  const auto file = parse_dockerfile("FROM a\r\nRUN x \\\r\n y\r\nENV A=b\r\n", "F");
  EXPECT_EQ(std::get<language::Run>(file.stages[0].steps[0].body).command.args[0], "x  y");
  EXPECT_EQ(std::get<Env>(file.stages[0].steps[1].body).pairs[0].value.text, "b");
}

TEST(Parse, HeredocsKeepCarriageReturns) {
  const auto file = parse_dockerfile("FROM a\r\nCOPY <<E /x\r\nline\r\nE\r\n", "F");
  EXPECT_EQ(std::get<Copy>(file.stages[0].steps[0].body).heredocs[0].body, "line\r\n");
}

TEST(Parse, ByteOrderMark) {
  const auto file = parse_dockerfile("\xEF\xBB\xBF# escape=`\nFROM a\n", "F");
  EXPECT_EQ(file.directives.escape, '`');
  EXPECT_EQ(file.stages.size(), 1u);
}

TEST(Parse, LastLineWithoutEnd) {
  EXPECT_EQ(parse_dockerfile("FROM a\nRUN b", "F").stages[0].steps.size(), 1u);
  EXPECT_EQ(parse_dockerfile("FROM a\nRUN <<E\nx\nE", "F").stages[0].steps.size(), 1u);
}

TEST(Parse, TextOfALineIsKept) {
  const auto file = parse_dockerfile("FROM a\n  run  --network=none \\\n x  \n", "F");
  EXPECT_EQ(file.stages[0].steps[0].text, "run  --network=none  x");
  EXPECT_EQ(file.stages[0].steps[0].source->name, "F");
}

TEST(Parse, Limits) {
  ParseLimits limits;
  limits.max_bytes = 20;
  EXPECT_NE(error_of("FROM a\n#" + std::string(20, 'x'), limits).find("F: it has 28 bytes; at most 20"),
            std::string::npos);
  limits = {};
  limits.max_instructions = 3;
  EXPECT_EQ(error_of("FROM a\nRUN a\nRUN b\n", limits), "no error");
  EXPECT_TRUE(error_of("FROM a\nRUN a\nRUN b\nRUN c\n", limits).starts_with("F:4:1: more than 3 instructions"));
  limits = {};
  limits.max_stages = 1;
  EXPECT_TRUE(error_of("FROM a\nFROM b\n", limits).starts_with("F:2:1: more than 1 stages"));
}

TEST(Parse, HostileFilesEndInAnError) {
  const std::string million(1000000, 'x');
  EXPECT_NE(error_of(million), "no error");
  EXPECT_LT(error_of(million).size(), 1000u);
  EXPECT_NE(error_of("FROM a\nRUN " + std::string(900000, '[')), "");
  std::string heredocs = "FROM a\nRUN x";
  for (int i = 0; i < 100000; ++i) heredocs += " <<A";
  EXPECT_NE(error_of(heredocs), "no error");
  std::string flags = "FROM a\nCOPY";
  for (int i = 0; i < 100000; ++i) flags += " --x";
  EXPECT_NE(error_of(flags + " a b"), "no error");
  EXPECT_NE(error_of(std::string(1000, '\0')), "no error");
  std::string lines;
  for (int i = 0; i < 300000; ++i) lines += "\\\n";
  EXPECT_NE(error_of(lines), "no error");
}

TEST(Parse, MessagesHaveNoControlCharacters) {
  const auto text = error_of("FROM a\n\x1b[31mRUN\x07 x\n");
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << text;
  EXPECT_EQ(text.find('\x07'), std::string::npos) << text;
}

TEST(Parse, Fragments) {
  const auto steps = parse_fragment("RUN <<EOF\nx\nEOF", "trigger");
  ASSERT_EQ(steps.size(), 1u);
  EXPECT_EQ(std::get<language::Run>(steps[0].body).command.args[0], "x\n");
  EXPECT_EQ(parse_fragment("ENV A=1\nCMD x\n", "t").size(), 2u);
  EXPECT_TRUE(parse_fragment("", "t").empty());
  EXPECT_THROW(parse_fragment("FROM x", "t"), Error);
  try {
    parse_fragment("COPY a", "ONBUILD trigger 1 of base");
    FAIL();
  } catch (const Error& error) {
    EXPECT_TRUE(std::string(error.what()).starts_with("ONBUILD trigger 1 of base:1:6: ")) << error.what();
  }
}

// What ONBUILD stores is what a child's build reads.
TEST(Parse, OnbuildComesBack) {
  const auto file = parse_dockerfile("FROM a\nONBUILD RUN <<-X\n\ta\n\tX\n", "F");
  const auto& onbuild = std::get<Onbuild>(file.stages[0].steps[0].body);
  const auto steps = parse_fragment(onbuild.text, "t");
  ASSERT_EQ(steps.size(), 1u);
  EXPECT_EQ(std::get<language::Run>(steps[0].body).command.args[0], "a\n");
}

TEST(Place, ShowsTheLine) {
  const Source source{"d/F", "one\n\ttwo three\nlast"};
  EXPECT_EQ(show_place(source, {2, 6}, "bad"), "d/F:2:6: bad\n  2 | \ttwo three\n    | \t    ^");
  EXPECT_EQ(show_place(source, {3, 99}, "bad"), "d/F:3:99: bad\n  3 | last\n    |     ^");
  EXPECT_EQ(show_place(source, {}, "bad"), "d/F: bad");
  EXPECT_EQ(show_place(source, {9, 1}, "bad"), "d/F:9:1: bad\n  9 | \n    | ^");
  EXPECT_EQ(show_place({"F", "grün x"}, {1, 7}, "bad"), "F:1:7: bad\n  1 | grün x\n    |      ^");
}

TEST(Place, LongLinesAreCutAroundThePlace) {
  const Source source{"F", std::string(1000, 'a') + "b" + std::string(1000, 'c')};
  const auto text = show_place(source, {1, 1001}, "bad");
  EXPECT_LT(text.size(), 600u);
  EXPECT_NE(text.find("...aaa"), std::string::npos);
  EXPECT_NE(text.find("abccc"), std::string::npos);
  const auto lines = text.substr(text.find('\n') + 1);
  const auto shown = lines.substr(0, lines.find('\n')), below = lines.substr(lines.find('\n') + 1);
  EXPECT_EQ(shown.find('b'), below.find('^'));
}

std::string mount_of(const std::string& text) {
  const Source source{"F", "RUN --mount=" + text};
  const auto mount = read_mount({text, {1, 13}}, source);
  const auto resolved = resolve_mount(mount, source, [](const std::string& value) {
    return value == "$X" ? std::string("/from-x") : value == "$TYPE" ? std::string("cache") : value;
  });
  return dump_json(test::to_json(resolved));
}

TEST(Mount, Defaults) {
  EXPECT_EQ(mount_of("target=/a"), R"({"type":"bind","target":"/a","read_only":true})");
  EXPECT_EQ(
      mount_of("type=bind,target=a,from=b,source=c,rw,Z,U"),
      R"({"type":"bind","target":"a","source":"c","from":"b","read_only":false,"relabel":"private","chowned":true})");
  EXPECT_EQ(mount_of("type=bind,target=a,relabel=shared,bind-propagation=rslave"),
            R"({"type":"bind","target":"a","read_only":true,"relabel":"shared","propagation":"rslave"})");
  EXPECT_EQ(mount_of("type=cache,target=/a/../b"),
            R"({"type":"cache","target":"/a/../b","read_only":false,"id":"/b","sharing":"shared"})");
  EXPECT_EQ(
      mount_of("TYPE=Cache,dst=/b,id=i,sharing=LOCKED,mode=0700,uid=1,gid=2,ro"),
      R"({"type":"cache","target":"/b","read_only":true,"id":"i","sharing":"locked","mode":"700","uid":1,"gid":2})");
  EXPECT_EQ(mount_of("type=cache,target=/b,sharing=private"),
            R"({"type":"cache","target":"/b","read_only":false,"id":"/b","sharing":"private"})");
  EXPECT_EQ(mount_of("type=tmpfs,target=/t,size=64m"),
            R"({"type":"tmpfs","target":"/t","read_only":false,"size":67108864})");
  EXPECT_EQ(mount_of("type=tmpfs,target=/t,tmpfs-size=1k,tmpfs-mode=1777"),
            R"({"type":"tmpfs","target":"/t","read_only":false,"size":1024,"mode":"1777"})");
}

TEST(Mount, Secrets) {
  EXPECT_EQ(mount_of("type=secret,id=k"), R"({"type":"secret","target":"/run/secrets/k","read_only":true,"id":"k"})");
  EXPECT_EQ(mount_of("type=secret,source=k,required"),
            R"({"type":"secret","target":"/run/secrets/k","read_only":true,"id":"k","required":true})");
  EXPECT_EQ(mount_of("type=secret,target=/root/.key"),
            R"({"type":"secret","target":"/root/.key","read_only":true,"id":".key"})");
  EXPECT_EQ(mount_of("type=secret,id=k,env=KEY,required=false"),
            R"({"type":"secret","read_only":true,"id":"k","env":"KEY"})");
  EXPECT_EQ(mount_of("type=secret,id=k,env=KEY,target=/k,mode=0440"),
            R"({"type":"secret","target":"/k","read_only":true,"id":"k","env":"KEY","mode":"440"})");
  EXPECT_EQ(mount_of("type=ssh"), R"({"type":"ssh","read_only":true,"id":"default"})");
  EXPECT_EQ(mount_of("type=ssh,id=g,target=/s,required=true,mode=0600,uid=5"),
            R"({"type":"ssh","target":"/s","read_only":true,"id":"g","required":true,"mode":"600","uid":5})");
}

TEST(Mount, ValuesAreExpandedButNotFrom) {
  EXPECT_EQ(mount_of("type=$TYPE,target=$X"),
            R"({"type":"cache","target":"/from-x","read_only":false,"id":"/from-x","sharing":"shared"})");
  EXPECT_THROW(mount_of("target=/x,from=$X"), Error);
}

TEST(Mount, CommasInQuotes) {
  EXPECT_EQ(mount_of("\"target=/a,b\",\"source=say \"\"x\"\"\""),
            R"({"type":"bind","target":"/a,b","source":"say \"x\"","read_only":true})");
}

}  // namespace
}  // namespace lichen::language
