// What the user sees of a long transfer: one bar per blob on a terminal, one line when it is done elsewhere, nothing
// when quiet.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace lichen::image {

/// One line of it; thread safe, cheap to update often.
class ProgressLine {
 public:
  virtual ~ProgressLine() = default;
  virtual void add(std::uint64_t bytes) = 0;
  /// Another phase of the same thing: an empty bar again.
  virtual void begin(std::uint64_t total) = 0;
  /// Replaces the bar by a word: "done", "already here", "waiting for another pull".
  virtual void state(const std::string& word) = 0;
};

class Progress {
 public:
  virtual ~Progress() = default;
  /// @param total  bytes; 0 when it is not known
  virtual std::shared_ptr<ProgressLine> line(const std::string& title, std::uint64_t total) = 0;
  /// A line of its own.
  virtual void say(const std::string& text) = 0;
};

std::unique_ptr<Progress> make_progress(bool quiet);

}  // namespace lichen::image
