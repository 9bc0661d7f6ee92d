// Ignore files and globs, as tables. The rows follow docker's documentation and what moby/patternmatcher and Go's
// filepath.Match do.
#include "buildah/language/ignore.hh"

#include <gtest/gtest.h>

#include "buildah/language/glob.hh"
#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"

namespace lichen::language {
namespace {

struct Row {
  const char* rules;  // lines
  const char* ignored;
  const char* kept;  // paths between blanks
};

const Row kRows[] = {
    {"", "", "a a/b"},
    {"# a\n\n   \n#b", "", "a b #b"},
    {"a", "a a/b a/b/c", "b/a ab"},
    {"/a", "a a/b", "b/a"},
    {"a/", "a a/b", "b/a"},
    {"./a", "a", "b/a"},
    {"a/b", "a/b a/b/c", "a a/c b"},
    {"a//b/../c", "a/c", "a/b"},
    {"  a  ", "a", "b"},
    {" #a", "#a", "a"},
    {"\\#a", "#a", "a"},
    {".", "", "a"},
    {"/", "", "a"},
    {"*", "a .b a/b", ""},
    {"*.log", "x.log .log x.log/y", "a/x.log x.logs"},
    {"*/temp*", "a/temp a/temporary.txt a/tempdir/x", "temp a/b/temp"},
    {"*/*/temp*", "a/b/temp", "a/temp a/b/c/temp"},
    {"temp?", "tempa tempb", "temp temp/ tempab"},
    {"a?c", "abc", "a/c ac"},
    {"**", "a a/b/c", ""},
    {"**/*.go", "x.go a/x.go a/b/x.go", "x.got a/go"},
    {"**/node_modules", "node_modules a/node_modules a/b/node_modules/c", "anode_modules node_modulesx"},
    {"**/a/b", "a/b x/a/b x/y/a/b/c", "xa/b a/c/b"},
    {"**/.foo", ".foo a/.foo", "bar.foo"},
    {"a/**", "a/b a/b/c", "a b/a"},
    {"a/**/b", "a/b a/x/b a/x/y/b", "a b a/xb"},
    {"a/**/*.c", "a/x.c a/b/x.c", "x.c b/x.c a/b/x.h"},
    {"a**b", "ab a/b ax/b", "axb"},
    {"**x", "x yx a/yx", "xy"},
    {"**x*", "x xy a/xz", "yx"},
    {"x**", "x xy x/y/z", "yx"},
    {"**/**/*.txt", "x.txt a/x.txt a/b/c/x.txt", "x.md"},
    {"a/*.txt**", "a/x.txt a/x.txtb a/x.txt/b", "a/b/x.txt x.txt"},
    {"a[b-d]e", "abe ace ade", "ae aae a[b-d]e"},
    {"a[^b-d]e", "aae aze", "ace ae"},
    {"[ab]/c", "a/c b/c", "c/c"},
    {"a\\*b", "a*b", "axb"},
    {"a\\\\b", "a\\b", "ab"},
    {"a.b", "a.b", "axb"},
    {"a(b)|c+", "a(b)|c+", "abc"},
    {"gr?n", "grün", "gruen"},
    {"[α-ω]*", "βx", "bx"},
    // Exceptions and their order.
    {"*\n!README.md", "a a/README.md", "README.md"},
    {"*.md\n!README.md", "a.md", "README.md a/b.md"},
    {"*.md\n!README*.md\nREADME-secret.md", "a.md README-secret.md", "README.md README-x.md"},
    {"*.md\nREADME-secret.md\n!README*.md", "a.md", "README.md README-secret.md"},
    {"!a\na", "a a/b", "b"},
    {"a\n!a/b", "a a/c", "a/b a/b/d"},
    {"a\n!a/b\na/b/c", "a/c a/b/c a/b/c/d", "a/b a/b/d"},
    {"a/*\n!a/b", "a/c", "a a/b a/b/c"},
    {"**\n!a/b/c", "a/x b", "a/b/c a/b/c/d"},
    {"**\n!**/*.keep", "a a/b", "x.keep a/b/x.keep"},
    {"*\n!src\nsrc/**/*.o", "x src/a.o src/d/a.o", "src src/a.c src/d/a.c"},
    {"*\n! src", "x", "src"},
    {"*\n!/src/", "x", "src src/x"},
    {"a\n!**", "", "a a/b"},
    {"*\n!a*\n*b", "xb x/y ab", "aa a"},
    {"dir\n!dir/\n", "", "dir dir/a"},
};

TEST(IgnoreRules, Table) {
  std::size_t paths = 0;
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.rules);
    const IgnoreRules rules(row.rules);
    for (const bool is_ignored : {true, false}) {
      for (const auto& path : split(is_ignored ? row.ignored : row.kept, ' ')) {
        if (path.empty()) continue;
        EXPECT_EQ(rules.ignores(path), is_ignored) << path;
        ++paths;
      }
    }
  }
  EXPECT_GT(paths, 180u);
}

TEST(IgnoreRules, TheContextItselfIsNeverIgnored) {
  const IgnoreRules rules("*\n**\n.");
  EXPECT_FALSE(rules.ignores(""));
  EXPECT_FALSE(rules.ignores("."));
}

TEST(IgnoreRules, ByteOrderMarkAndLineEnds) {
  const IgnoreRules rules(
      "\xEF\xBB\xBF"
      "a\r\nb\r\n!b/c\r\n");
  EXPECT_TRUE(rules.ignores("a"));
  EXPECT_TRUE(rules.ignores("b/x"));
  EXPECT_FALSE(rules.ignores("b/c"));
}

TEST(IgnoreRules, WalkKeepsWhatItKnowsOfTheDirectory) {
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.rules);
    const IgnoreRules rules(row.rules);
    for (const auto& path : split(std::string(row.ignored) + " " + row.kept, ' ')) {
      if (path.empty() || path.ends_with('/')) continue;
      IgnoreRules::State state;
      bool is_first = true;
      for (std::size_t at = path.find('/');; at = path.find('/', at + 1)) {
        state = rules.enter(path.substr(0, at), is_first ? nullptr : &state);
        is_first = false;
        if (at == std::string::npos) break;
      }
      EXPECT_EQ(state.is_ignored, rules.ignores(path)) << path;
    }
  }
}

TEST(IgnoreRules, SkippedDirectoriesHoldNothingThatIsKept) {
  EXPECT_TRUE(IgnoreRules("a").may_skip_directory("a"));
  EXPECT_FALSE(IgnoreRules("a").may_skip_directory("b"));
  EXPECT_FALSE(IgnoreRules("a\n!a/b").may_skip_directory("a"));
  EXPECT_TRUE(IgnoreRules("a\n!a/b").may_skip_directory("a/c"));
  EXPECT_TRUE(IgnoreRules("a\n!b").may_skip_directory("a"));
  EXPECT_FALSE(IgnoreRules("*\n!**/x").may_skip_directory("a/b"));
  EXPECT_FALSE(IgnoreRules("*\n!a/*/x").may_skip_directory("a/b"));
  EXPECT_TRUE(IgnoreRules("*\n!a/*/x").may_skip_directory("a/b/c"));
  EXPECT_TRUE(IgnoreRules("*\n!a/*/x").may_skip_directory("b"));
  EXPECT_FALSE(IgnoreRules("*\n!src/**").may_skip_directory("src/deep"));
  EXPECT_FALSE(IgnoreRules("*\n!src/**").may_skip_directory("src"));
  EXPECT_TRUE(IgnoreRules("*\n!src/**").may_skip_directory("sr"));
  EXPECT_FALSE(IgnoreRules("*").may_skip_directory(""));
  // Against the table: what is kept has no parent that may be skipped.
  for (const auto& row : kRows) {
    SCOPED_TRACE(row.rules);
    const IgnoreRules rules(row.rules);
    for (const auto& path : split(row.kept, ' '))
      for (std::size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1))
        EXPECT_FALSE(rules.may_skip_directory(path.substr(0, at))) << path;
  }
}

TEST(IgnoreRules, MalformedPatternsAreNamed) {
  for (const char* text :
       {"ok\n[", "ok\na[", "ok\n[]a]", "ok\n[-]", "ok\n[x-]", "ok\n[^", "ok\n\\", "ok\n[b-a]", "ok\n!"}) {
    SCOPED_TRACE(text);
    try {
      const IgnoreRules rules(text, "x/.dockerignore");
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::invalid);
      EXPECT_TRUE(std::string(error.what()).starts_with("x/.dockerignore:2:1: ")) << error.what();
    }
  }
  EXPECT_THROW(IgnoreRules(std::string(2u << 20, 'a')), Error);
}

TEST(IgnoreRules, OfExcludeFlags) {
  const auto rules = IgnoreRules::from_patterns({"*.o", "!keep.o", "# no comment here"});
  EXPECT_TRUE(rules.ignores("a.o"));
  EXPECT_FALSE(rules.ignores("keep.o"));
  EXPECT_TRUE(rules.ignores("# no comment here"));
  EXPECT_THROW(IgnoreRules::from_patterns({"["}), Error);
}

TEST(IgnoreRules, HostilePatternsAreLinear) {
  std::string stars;
  for (int i = 0; i < 300; ++i) stars += "*a";
  const std::string path(4000, 'a');
  EXPECT_FALSE(IgnoreRules(stars + "b").ignores(path));
  EXPECT_TRUE(IgnoreRules(stars).ignores(path));
  std::string directories;
  for (int i = 0; i < 300; ++i) directories += "**/a/";
  std::string deep;
  for (int i = 0; i < 600; ++i) deep += "a/";
  EXPECT_FALSE(IgnoreRules(directories + "b").ignores(deep + "c"));
  EXPECT_TRUE(IgnoreRules(directories + "*").ignores(deep + "c"));
}

struct GlobRow {
  const char* pattern;
  const char* matching;
  const char* others;
};

const GlobRow kGlobs[] = {
    {"a", "a", "b aa a/b"},
    {"*", "a .hidden abc", "a/b"},
    {"*.c", "x.c .c", "x.h a/x.c"},
    {"a*", "a ab abc", "ba ab/c"},
    {"a*/b", "a/b abc/b", "a/c/b ab"},
    {"a*b*c*d*e*/f", "axbxcxdxe/f axbxcxdxexxx/f", "axbxcxdxe/xxx/f axbxcxdxexxx/fff"},
    {"a*b?c*x", "abxbbxdbxebxczzx", "abxbbxdbxebxczzy"},
    {"a?b", "axb a☺b", "a/b ab axxb"},
    {"a???b", "axyzb", "a☺b"},
    {"ab[c]", "abc", "abd ab"},
    {"ab[b-d]", "abb abc abd", "aba abe"},
    {"ab[^b-d]", "aba abe", "abc ab"},
    {"a[^a]b", "a☺b axb", "aab"},
    {"[a-ζ]*", "α a zx", "ж"},
    {"[\\]a]", "] a", "b"},
    {"[x\\-]", "x -", "y"},
    {"[\\-x]", "x -", "y"},
    {"[z-a]", "", "a m z"},
    {"a\\*b", "a*b", "axb"},
    {"a\\?", "a?", "ab"},
    {"src/*.go", "src/x.go", "x.go src/a/x.go"},
    {"**/x", "x a/x a/b/x", "ax x/a"},
    {"a/**/b", "a/b a/x/b a/x/y/b", "ab a/xb"},
    {"a/**", "a/b a/b/c", "b ab"},
    {"a**b", "ab axxb", "a/b ax/b"},
    {"**", "a a/b", ""},
    {"*/**/c", "a/c a/b/c", "c"},
};

TEST(Glob, Table) {
  for (const auto& row : kGlobs) {
    SCOPED_TRACE(row.pattern);
    const Glob glob(row.pattern);
    for (const auto& path : split(row.matching, ' ')) EXPECT_TRUE(path.empty() || glob.matches(path)) << path;
    for (const auto& path : split(row.others, ' ')) EXPECT_FALSE(!path.empty() && glob.matches(path)) << path;
    // A walk reaches everything that matches.
    for (const auto& path : split(row.matching, ' '))
      for (std::size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1))
        EXPECT_TRUE(glob.may_match_below(path.substr(0, at))) << path;
  }
}

TEST(Glob, WalksDoNotEnterInVain) {
  EXPECT_FALSE(Glob("*.c").may_match_below("a"));
  EXPECT_TRUE(Glob("a/*.c").may_match_below("a"));
  EXPECT_FALSE(Glob("a/*.c").may_match_below("b"));
  EXPECT_FALSE(Glob("a/*.c").may_match_below("a/b"));
  EXPECT_TRUE(Glob("a/**/x").may_match_below("a/b/c"));
  EXPECT_TRUE(Glob("*.c").may_match_below(""));
  EXPECT_TRUE(Glob("a/b").may_match_below("a"));
  EXPECT_FALSE(Glob("a/b").may_match_below("a/b"));
}

TEST(Glob, FixedParts) {
  EXPECT_EQ(Glob("src/*/x").fixed_directory(), "src");
  EXPECT_EQ(Glob("a/b/c?").fixed_directory(), "a/b");
  EXPECT_EQ(Glob("*.c").fixed_directory(), "");
  EXPECT_EQ(Glob("a/b").fixed_directory(), "a");
  EXPECT_FALSE(Glob("a/b").has_wildcards());
  EXPECT_FALSE(Glob("a\\*b").has_wildcards());
  EXPECT_EQ(Glob("a\\*b\\[").literal(), "a*b[");
  EXPECT_TRUE(Glob("a[b]").has_wildcards());
}

TEST(Glob, Malformed) {
  for (const char* pattern : {"[", "a[", "[^", "[^bc", "[]a]", "[-]", "[x-]", "[-x]", "[a-b-c]", "\\", "a\\", "[\\"}) {
    SCOPED_TRACE(pattern);
    EXPECT_THROW(Glob{pattern}, Error);
  }
}

}  // namespace
}  // namespace lichen::language
