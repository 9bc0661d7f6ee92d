// Patterns of ${N#p} ${N%p} ${N/p/r}: `*`, `?` and backslash; brackets are text, as in BuildKit.
//
// A pattern is cut at its stars into segments of fixed length. The first (or last) is anchored, the others are searched
// one after the other, which is enough for both the shortest and the longest match, so there is no backtracking;
// searching itself is counted, since a long segment in a long value is quadratic.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lichen::language {

class ShellPattern {
 public:
  /// @param work  comparisons left; each match takes from it @throws Error{invalid} when it is used up
  ShellPattern(std::string_view pattern, std::size_t& work);

  /// `value` without the shortest or longest prefix (suffix) that matches; as it is when none does.
  std::string without_prefix(const std::string& value, bool is_longest) const;
  std::string without_suffix(const std::string& value, bool is_longest) const;
  /// The first (or every) leftmost longest match replaced. An empty pattern matches nothing.
  std::string replaced(const std::string& value, std::string_view replacement, bool is_all, std::size_t max_size) const;

 private:
  struct Item {
    char32_t character;
    bool is_any;
  };
  using Segment = std::vector<Item>;

  bool fits(const Segment& segment, const std::u32string& text, std::size_t at) const;
  std::size_t find(const Segment& segment, const std::u32string& text, std::size_t from) const;
  std::size_t find_last(const Segment& segment, const std::u32string& text, std::size_t from, std::size_t end) const;
  bool find_end(const std::u32string& text, std::size_t start, bool is_longest, std::size_t& end) const;

  std::vector<Segment> segments_;  // between stars: one more than there are stars
  std::size_t& work_;
};

}  // namespace lichen::language
