#include "buildah/progress.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/format.hh"
#include "libpod/base/json.hh"
#include "libpod/base/log.hh"
#include "libpod/base/strings.hh"

#include <sys/ioctl.h>
#include <unistd.h>

namespace lichen::buildah {
namespace {

constexpr std::size_t kKeptLines = 50, kShownLines = 4;
constexpr std::chrono::milliseconds kRedraw{80};

void write_text(const std::string& text) {
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t count = ::write(2, rest.data(), rest.size());
    if (count <= 0) return;  // nobody is there to see it
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::size_t terminal_columns() {
  winsize size{};
  return ::ioctl(2, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}
std::size_t terminal_rows() {
  winsize size{};
  return ::ioctl(2, TIOCGWINSZ, &size) == 0 && size.ws_row > 5 ? size.ws_row : 24;
}

double seconds(std::chrono::steady_clock::duration time) { return std::chrono::duration<double>(time).count(); }

// What a terminal would show in the end: programs draw progress by going back to the line's begin.
std::string_view last_drawn(std::string_view line) {
  while (line.ends_with('\r')) line.remove_suffix(1);
  const auto begin = line.find_last_of('\r');
  return begin == std::string_view::npos ? line : line.substr(begin + 1);
}

}  // namespace

Progress::StepId Progress::start(const std::string& title) {
  Step& step = steps_[++last_];
  step.title = title;
  step.begun = Clock::now();
  if (mode_ == ProgressMode::plain) write_text(format("#{} {}\n", last_, printable(title)));
  if (mode_ == ProgressMode::rawjson) write_event(last_, "start", title);
  return last_;
}

void Progress::output(StepId id, std::string_view text) {
  Step& step = steps_.at(id);
  const std::string_view line = last_drawn(text);
  step.lines.emplace_back(line);
  if (step.lines.size() > kKeptLines) step.lines.pop_front();
  if (mode_ == ProgressMode::plain)
    write_text(format("#{} {:.3f} {}\n", id, seconds(Clock::now() - step.begun), printable(line)));
  if (mode_ == ProgressMode::rawjson) write_event(id, "output", line);
  if (mode_ == ProgressMode::tty) tick();
}

void Progress::end(StepId id, Step::State state, const char* word) {
  Step& step = steps_.at(id);
  step.state = state;
  step.ended = Clock::now();
  const std::string time = state == Step::State::done ? format(" {:.1f}s", seconds(step.ended - step.begun)) : "";
  if (mode_ == ProgressMode::plain) write_text(format("#{} {}{}\n", id, word, time));
  if (mode_ == ProgressMode::rawjson) write_event(id, word, "");
  if (mode_ == ProgressMode::tty) tick();
}

void Progress::done(StepId step) { end(step, Step::State::done, "DONE"); }
void Progress::cached(StepId step) { end(step, Step::State::cached, "CACHED"); }
void Progress::failed(StepId step) { end(step, Step::State::failed, "ERROR"); }

void Progress::write_event(StepId step, const char* event, std::string_view text) {
  write_text(
      dump_json(
          {{"step", step}, {"event", event}, {"time", seconds(Clock::now() - begun_)}, {"text", printable(text)}}) +
      "\n");
}

void Progress::tick() {
  if (mode_ != ProgressMode::tty || Clock::now() - drawn_ < kRedraw) return;
  draw();
}

void Progress::draw() {
  drawn_ = Clock::now();
  const std::size_t columns = terminal_columns();
  std::string text = rows_ == 0 ? "" : format("\r\x1b[{}A\x1b[J", rows_);
  rows_ = 0;
  const auto add = [&](std::string line, const char* colour) {
    if (line.size() >= columns) line.resize(columns - 1);
    text += std::string(colour) + line + "\x1b[0m\n";
    ++rows_;
  };
  // What is done at the top, and would not fit with the rest, scrolls away for good.
  const std::size_t room = terminal_rows() - 2;
  while (last_ - first_shown_ + 1 > room / 2 && steps_.at(first_shown_).state != Step::State::runs) {
    const Step& step = steps_.at(first_shown_++);
    std::string line = format(" => {}{}", step.state == Step::State::cached ? "CACHED " : "", printable(step.title));
    if (line.size() >= columns) line.resize(columns - 1);
    text += line + "\n";
  }
  for (StepId id = first_shown_; id <= last_ && rows_ < room; ++id) {
    const Step& step = steps_.at(id);
    const bool runs = step.state == Step::State::runs;
    const std::string time = format("{:.1f}s", seconds((runs ? Clock::now() : step.ended) - step.begun));
    std::string line = format(" => {}{}{}",
                              step.state == Step::State::cached   ? "CACHED "
                              : step.state == Step::State::failed ? "ERROR "
                                                                  : "",
                              printable(step.title), "");
    if (line.size() + time.size() + 2 < columns)
      line += std::string(columns - line.size() - time.size() - 1, ' ') + time;
    add(std::move(line), step.state == Step::State::failed ? "\x1b[31m" : runs ? "" : "\x1b[34m");
    if (!runs) continue;
    const std::size_t begin = step.lines.size() > kShownLines ? step.lines.size() - kShownLines : 0;
    for (std::size_t i = begin; i < step.lines.size() && rows_ < room; ++i)
      add(" => => # " + printable(step.lines[i]), "\x1b[2m");
  }
  write_text(text);
}

void Progress::finish() {
  if (mode_ == ProgressMode::tty) draw();
  rows_ = 0;
  first_shown_ = last_ + 1;  // what comes later is drawn below
}

std::string Progress::last_output(StepId step) const {
  std::string text;
  for (const auto& line : steps_.at(step).lines) text += printable(line) + "\n";
  return text;
}

}  // namespace lichen::buildah
