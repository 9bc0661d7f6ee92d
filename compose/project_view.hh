// What up, down and their like tell on standard error while they work: docker compose's lines, one for each thing that
// is done; on a terminal one line for each object, drawn anew as it changes.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace lichen::compose {

enum class ViewMode { plain, tty, quiet, json };

class ProjectView {
 public:
  /// @param is_rehearsal  --dry-run: what is told is not done
  ProjectView(ViewMode mode, bool colour, bool is_rehearsal = false)
      : mode_(mode), colour_(colour), is_rehearsal_(is_rehearsal) {}
  ~ProjectView() { finish(); }
  ProjectView(const ProjectView&) = delete;
  ProjectView& operator=(const ProjectView&) = delete;

  /// Who is told this does nothing but tell.
  bool is_rehearsal() const { return is_rehearsal_; }

  /// "Container shop-web-1", "Starting"
  void show(const std::string& object, const std::string& doing);
  void done(const std::string& object, const std::string& did);
  void failed(const std::string& object);
  /// Something that its program says, as the steps of a build.
  void line(const std::string& object, std::string_view text);
  void tick();
  /// The last picture stays; what comes later begins below it.
  void finish();
  /// From here on only line() is shown: the output of containers has begun.
  void hush();

 private:
  using Clock = std::chrono::steady_clock;
  enum class State { works, done, failed };
  struct Row {
    std::string object, status;
    State state = State::works;
    Clock::time_point begun = Clock::now(), ended{};
  };
  Row& row(const std::string& object);
  void set(const std::string& object, const std::string& status, State state);
  void draw();
  std::string picture_of(const Row& row) const;

  ViewMode mode_;
  bool colour_, is_rehearsal_;
  std::vector<Row> rows_;
  std::map<std::string, std::size_t> index_;
  std::size_t drawn_rows_ = 0;
  Clock::time_point drawn_{};
  bool changed_ = false, is_hushed_ = false;
};

}  // namespace lichen::compose
