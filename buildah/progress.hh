// What people see of a build: numbered steps, their output, their times.
//
//   plain    lines as BuildKit writes them: "#3 [build 2/4] RUN make", "#3 1.2 text", "#3 DONE 1.5s", "#3 CACHED"
//   tty      one line for each step, redrawn; the last lines of what runs below it
//   quiet    nothing, but what a failing step has said
//   rawjson  one object per event
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <string>
#include <string_view>

namespace lichen::buildah {

enum class ProgressMode { plain, tty, quiet, rawjson };

class Progress {
 public:
  explicit Progress(ProgressMode mode) : mode_(mode) {}

  using StepId = std::size_t;
  StepId start(const std::string& title);
  void output(StepId step, std::string_view line);
  void done(StepId step);
  void cached(StepId step);
  void failed(StepId step);
  /// Redraw, when time has passed; cheap.
  void tick();
  void finish();
  /// The last lines that a step has said.
  std::string last_output(StepId step) const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Step {
    std::string title;
    Clock::time_point begun, ended;
    enum class State { runs, done, cached, failed } state = State::runs;
    std::deque<std::string> lines;
  };
  void write_event(StepId step, const char* event, std::string_view text);
  void end(StepId step, Step::State state, const char* word);
  void draw();

  ProgressMode mode_;
  std::map<StepId, Step> steps_;
  StepId last_ = 0;
  Clock::time_point begun_ = Clock::now(), drawn_{};
  std::size_t rows_ = 0;    // on the screen, to be drawn over
  StepId first_shown_ = 1;  // those before it have scrolled away
};

}  // namespace lichen::buildah
