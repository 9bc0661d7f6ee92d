// ${...} against a table. The environment: set variables, one empty, one with blanks; everything else is unset.
#include "buildah/language/expand.hh"

#include <gtest/gtest.h>

#include <map>

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"

namespace lichen::language {
namespace {

const std::map<std::string, std::string, std::less<>> kEnvironment = {
    {"A", "alpha"},     {"EMPTY", ""},        {"SPACED", " one  two "}, {"PATHS", "/usr/lib/lib/x.so.1"},
    {"STAR", "a*b*c"},  {"UTF", "grün ☺ ok"}, {"_u1", "under"},         {"NAME", "A"},
    {"QUOTE", "'\"$A"}, {"DOTS", "1.22.3"}};

std::optional<std::string> lookup(std::string_view name) {
  const auto found = kEnvironment.find(name);
  return found == kEnvironment.end() ? std::nullopt : std::optional(found->second);
}

struct Row {
  const char* word;
  const char* want;  // "!text": an error that has the text
};

void check(const std::vector<Row>& rows, char escape = '\\') {
  for (const auto& row : rows) {
    SCOPED_TRACE(row.word);
    try {
      EXPECT_EQ(expand(row.word, lookup, escape).text, row.want);
    } catch (const Error& error) {
      ASSERT_EQ(row.want[0], '!') << error.what();
      EXPECT_NE(std::string(error.what()).find(row.want + 1), std::string::npos) << error.what();
      EXPECT_EQ(error.kind(), ErrorKind::invalid);
    }
  }
}

TEST(Expand, Names) {
  check({{"", ""},
         {"plain", "plain"},
         {"$A", "alpha"},
         {"${A}", "alpha"},
         {"x$A.y", "xalpha.y"},
         {"$A$A", "alphaalpha"},
         {"${A}b", "alphab"},
         {"$Ab", ""},
         {"$_u1-", "under-"},
         {"$UNSET", ""},
         {"a${UNSET}b", "ab"},
         {"$", "$"},
         {"a$", "a$"},
         {"$ A", "$ A"},
         {"$.", "$."},
         {"$1x", "x"},
         {"${1}x", "x"},
         {"$$A", "A"},
         {"$?", ""},
         {"100%", "100%"},
         {"$QUOTE", "'\"$A"}});
}

TEST(Expand, Errors) {
  check({{"${", "!missing '}'"},
         {"${A", "!missing '}'"},
         {"${}", "!bad substitution"},
         {"${:-x}", "!bad substitution"},
         {"${{A}}", "!bad substitution"},
         {"${A:}", "!unsupported form"},
         {"${A^^}", "!unsupported form"},
         {"${A:1:2}", "!unsupported form"},
         {"${A:-", "!missing '}'"},
         {"${A/x}", "!missing '/'"},
         {"${A/x/y", "!missing '}'"},
         {"'open", "!missing closing '"},
         {"\"open", "!missing closing \""},
         {"\"${A\"", "!unsupported form"},
         {"${UNSET?}", "!UNSET: it must not be unset"},
         {"${EMPTY:?}", "!EMPTY: it must not be empty"},
         {"${UNSET:?set it}", "!UNSET: set it"},
         {"${UNSET?need $A}", "!UNSET: need alpha"}});
}

TEST(Expand, Defaults) {
  check({{"${UNSET:-x}", "x"},
         {"${UNSET-x}", "x"},
         {"${EMPTY:-x}", "x"},
         {"${EMPTY-x}", ""},
         {"${A:-x}", "alpha"},
         {"${A-x}", "alpha"},
         {"${UNSET:-}", ""},
         {"${A:+x}", "x"},
         {"${A+x}", "x"},
         {"${EMPTY:+x}", ""},
         {"${EMPTY+x}", "x"},
         {"${UNSET:+x}", ""},
         {"${UNSET+x}", ""},
         {"${A:?m}", "alpha"},
         {"${EMPTY?m}", ""},
         {"${UNSET:-$A}", "alpha"},
         {"${UNSET:-${ALSO:-${A}}}", "alpha"},
         {"${UNSET:-a b}", "a b"},
         {"${UNSET:-\"a}b\"}", "a}b"},
         {"${UNSET:-'$A'}", "$A"},
         {"${UNSET:-a\\}b}", "a}b"},
         {"${A:+${A}-${EMPTY:-e}}", "alpha-e"},
         {"${UNSET:-:x}", ":x"}});
}

TEST(Expand, Quotes) {
  check({{"'$A'", "$A"},
         {"\"$A\"", "alpha"},
         {"'a'\"b\"c", "abc"},
         {"\"it's\"", "it's"},
         {"'say \"x\"'", "say \"x\""},
         {"''", ""},
         {"\"\"", ""},
         {"\"$SPACED\"", " one  two "},
         {"a\\ b", "a b"},
         {"\\$A", "$A"},
         {"\\\\$A", "\\alpha"},
         {"\\'", "'"},
         {"\"\\$A\"", "$A"},
         {"\"\\\"\"", "\""},
         {"\"\\n\"", "\\n"},
         {"\\n", "n"},
         {"end\\", "end"},
         {"\"\\\\\"", "\\"},
         {"'\\'", "\\"}});
}

TEST(Expand, OtherEscapeCharacter) {
  check({{"`$A", "$A"}, {"c:\\$A", "c:\\alpha"}, {"\"`\"\"", "\""}, {"a` b", "a b"}, {"``", "`"}}, '`');
}

TEST(Expand, Prefixes) {
  check({{"${PATHS#*/}", "usr/lib/lib/x.so.1"},
         {"${PATHS##*/}", "x.so.1"},
         {"${PATHS#/usr}", "/lib/lib/x.so.1"},
         {"${PATHS#lib}", "/usr/lib/lib/x.so.1"},
         {"${PATHS#*lib}", "/lib/x.so.1"},
         {"${PATHS##*lib}", "/x.so.1"},
         {"${PATHS#????}", "/lib/lib/x.so.1"},
         {"${PATHS##*}", ""},
         {"${PATHS#*}", "/usr/lib/lib/x.so.1"},
         {"${STAR#a\\*}", "b*c"},
         {"${STAR#a*}", "*b*c"},
         {"${UTF#gr?n}", " ☺ ok"},
         {"${UTF#gr??}", " ☺ ok"},
         {"${A#$A}", ""},
         {"${A#\"al\"}", "pha"},
         {"${UNSET#x}", ""},
         {"${DOTS#*.}", "22.3"}});
}

TEST(Expand, Suffixes) {
  check({{"${PATHS%/*}", "/usr/lib/lib"},
         {"${PATHS%%/*}", ""},
         {"${PATHS%.*}", "/usr/lib/lib/x.so"},
         {"${PATHS%%.*}", "/usr/lib/lib/x"},
         {"${PATHS%.1}", "/usr/lib/lib/x.so"},
         {"${PATHS%x}", "/usr/lib/lib/x.so.1"},
         {"${PATHS%lib*}", "/usr/lib/"},
         {"${PATHS%%lib*}", "/usr/"},
         {"${PATHS%*}", "/usr/lib/lib/x.so.1"},
         {"${PATHS%%*}", ""},
         {"${STAR%\\*c}", "a*b"},
         {"${STAR%\\*?}", "a*b"},
         {"${UTF%?ok}", "grün ☺"},
         {"${UTF%☺*}", "grün "},
         {"${A%%p*a}", "al"},
         {"${DOTS%%.*}-${DOTS%.*}", "1-1.22"}});
}

TEST(Expand, Replacements) {
  check({{"${PATHS/lib/bin}", "/usr/bin/lib/x.so.1"},
         {"${PATHS//lib/bin}", "/usr/bin/bin/x.so.1"},
         {"${PATHS//\\//-}", "-usr-lib-lib-x.so.1"},
         {"${PATHS/nothing/x}", "/usr/lib/lib/x.so.1"},
         {"${PATHS//lib/}", "/usr///x.so.1"},
         {"${A//a/$DOTS}", "1.22.3lph1.22.3"},
         {"${A/?/x}", "xlpha"},
         {"${A//?/x}", "xxxxx"},
         {"${A/l*h/-}", "a-a"},
         {"${A/*/-}", "-"},
         {"${A//*/-}", "-"},
         {"${EMPTY/*/-}", "-"},
         {"${EMPTY/x/-}", ""},
         {"${A//\"\"/-}", "alpha"},
         {"${STAR//\\*/x}", "axbxc"},
         {"${UTF//☺/:)}", "grün :) ok"},
         {"${A/al/\\}}", "}pha"},
         {"${DOTS//./}", "1223"},
         {"${DOTS//./_}", "1_22_3"}});
}

TEST(Expand, TellsWhichNames) {
  const auto result = expand("$A ${EMPTY:-$NAME} $X ${Y:-$Z} ${W+1} ${A#$V}", lookup);
  EXPECT_EQ(result.used, (std::set<std::string>{"A", "EMPTY", "NAME"}));
  EXPECT_EQ(result.undefined, (std::set<std::string>{"X", "Z", "V"}));
  EXPECT_EQ(result.defaulted, (std::set<std::string>{"Y", "W"}));
  EXPECT_TRUE(expand("'$A' \\$X", lookup).used.empty());
}

TEST(Expand, WordsAreCutAfterExpansion) {
  const auto words = [](const char* text) { return join(expand_words(text, lookup).words, "|"); };
  EXPECT_EQ(words("80"), "80");
  EXPECT_EQ(words("$SPACED"), "one|two");
  EXPECT_EQ(words("a$SPACED"), "a|one|two");
  EXPECT_EQ(words("${SPACED}b"), "one|two|b");
  EXPECT_EQ(words("\"$SPACED\""), " one  two ");
  EXPECT_EQ(words("$UNSET"), "");
  EXPECT_EQ(words("'a b'c"), "a bc");
  EXPECT_EQ(words("a\\ b"), "a b");
  EXPECT_EQ(words("${UNSET:-8080 9090}/tcp"), "8080|9090/tcp");
}

TEST(Expand, ErrorsOfAFileShowThePlace) {
  const Source source{"F", "FROM a\nUSER  ${X?who}"};
  try {
    expand(Word{"${X?who}", {2, 7}}, source, lookup);
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "F:2:7: X: who\n  2 | USER  ${X?who}\n    |       ^");
  }
  EXPECT_THROW(expand_words(Word{"${", {2, 7}}, source, lookup), Error);
  EXPECT_EQ(expand(Word{"$A", {2, 7}}, source, lookup).text, "alpha");
  EXPECT_EQ(expand_words(Word{"$SPACED", {2, 7}}, source, lookup).words.size(), 2u);
}

TEST(Expand, HeredocBodiesKnowNoQuotes) {
  const auto body = [](const char* text) { return expand_heredoc(text, lookup).text; };
  EXPECT_EQ(body("it's \"$A\"\n"), "it's \"alpha\"\n");
  EXPECT_EQ(body("\\$A\n\\\\\n"), "$A\n\\\n");
  EXPECT_EQ(body("${UNSET:-'x'}\n"), "'x'\n");
  EXPECT_EQ(expand_heredoc("$A $B", lookup).undefined, std::set<std::string>{"B"});
}

TEST(Expand, HostileWordsEndInAnErrorOrQuickly) {
  std::string deep;
  for (int i = 0; i < 100000; ++i) deep += "${X:-";
  EXPECT_THROW(expand(deep, lookup), Error);

  const std::string million(1u << 20, 'a');
  const Lookup big = [&million](std::string_view) { return million; };
  EXPECT_THROW(expand("$A$A$A$A$A", big), Error);

  std::string stars;
  for (int i = 0; i < 2000; ++i) stars += "a*";
  EXPECT_EQ(expand("${A%" + stars + "b}", big).text, million);
  EXPECT_EQ(expand("${A#*" + stars + "b}", big).text, million);
  // A long segment on a long value is quadratic: it is stopped.
  EXPECT_THROW(expand("${A#*" + std::string(100000, 'a') + "b}", big), Error);

  EXPECT_THROW(expand("${A//a/" + std::string(100, 'b') + "}", big), Error);
}

TEST(Expand, BytesThatAreNoTextStay) {
  const Lookup lookup_bytes = [](std::string_view) { return std::string("a\xff\xfe/b\xc3"); };
  EXPECT_EQ(expand("${X#a}", lookup_bytes).text, "\xff\xfe/b\xc3");
  EXPECT_EQ(expand("${X%?}", lookup_bytes).text, "a\xff\xfe/b");
  EXPECT_EQ(expand("${X//\xff/y}", lookup_bytes).text, "ay\xfe/b\xc3");
}

}  // namespace
}  // namespace lichen::language
