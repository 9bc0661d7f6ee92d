#include "compose/project_view.hh"

#include <algorithm>

#include "libpod/base/format.hh"
#include "libpod/base/json.hh"
#include "libpod/sys/io.hh"

#include <sys/ioctl.h>
#include <unistd.h>

namespace lichen::compose {
namespace {

constexpr std::chrono::milliseconds kBetweenPictures{80};
constexpr std::string_view kRehearsal = "DRY-RUN MODE - ";  // docker compose's words

// A full pipe or a closed terminal is no reason to stop the work.
void write_text(const std::string& text) {
  try {
    sys::write_all(STDERR_FILENO, text, "standard error");
  } catch (const Error&) {
  }
}

std::size_t terminal_rows() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 5 ? size.ws_row : 24u;
}

}  // namespace

ProjectView::Row& ProjectView::row(const std::string& object) {
  const auto [found, is_new] = index_.emplace(object, rows_.size());
  if (is_new) rows_.push_back({.object = object, .status = ""});
  return rows_[found->second];
}

void ProjectView::set(const std::string& object, const std::string& status, State state) {
  if (is_hushed_) return;
  Row& changed = row(object);
  changed.status = status;
  if (changed.state != State::works && state == State::works) changed.begun = Clock::now();
  changed.state = state;
  changed.ended = Clock::now();
  changed_ = true;
  switch (mode_) {
    case ViewMode::plain:
      return write_text(format(" {}{}  {}\n", is_rehearsal_ ? kRehearsal : "", object, status));
    case ViewMode::json:
      return write_text(dump_json({{"id", object},
                                   {"status", state == State::works  ? "Working"
                                              : state == State::done ? "Done"
                                                                     : "Error"},
                                   {"text", status}}) +
                        "\n");
    case ViewMode::tty:
    case ViewMode::quiet:
      return;
  }
}

void ProjectView::show(const std::string& object, const std::string& doing) { set(object, doing, State::works); }
void ProjectView::done(const std::string& object, const std::string& did) { set(object, did, State::done); }
void ProjectView::failed(const std::string& object) { set(object, "Error", State::failed); }

void ProjectView::line(const std::string& object, std::string_view text) {
  if (mode_ == ViewMode::quiet) return;
  if (mode_ == ViewMode::json) return write_text(dump_json({{"id", object}, {"text", text}}) + "\n");
  if (mode_ == ViewMode::tty && drawn_rows_ > 0) {
    write_text(format("\x1b[{}A\x1b[J", drawn_rows_));
    drawn_rows_ = 0;
    changed_ = true;
  }
  write_text(format("{} | {}\n", object, text));
}

void ProjectView::tick() {
  if (mode_ == ViewMode::tty && Clock::now() - drawn_ >= kBetweenPictures) draw();
}

void ProjectView::finish() {
  if (mode_ == ViewMode::tty && changed_) draw();
  drawn_rows_ = 0;
  changed_ = false;
  rows_.clear();
  index_.clear();
}

void ProjectView::hush() {
  finish();
  is_hushed_ = true;
}

std::string ProjectView::picture_of(const Row& row) const {
  const auto until = row.state == State::works ? Clock::now() : row.ended;
  const double seconds = std::chrono::duration<double>(until - row.begun).count();
  const char* mark = row.state == State::works ? "⠿" : row.state == State::done ? "✔" : "✘";
  const char* paint = row.state == State::works ? "\x1b[34m" : row.state == State::done ? "\x1b[32m" : "\x1b[31m";
  std::string text = format(" {}{} {:<40}{} {:<12}{:.1f}s", colour_ ? paint : "", mark,
                            (is_rehearsal_ ? std::string(kRehearsal) : "") + row.object, colour_ ? "\x1b[0m" : "",
                            row.status, seconds);
  return text + "\n";
}

void ProjectView::draw() {
  drawn_ = Clock::now();
  const bool has_work = std::ranges::any_of(rows_, [](const Row& row) { return row.state == State::works; });
  if (!changed_ && !has_work) return;
  changed_ = false;
  const std::size_t room = terminal_rows() - 2, shown = std::min(rows_.size(), room);
  std::string text = drawn_rows_ == 0 ? "" : format("\x1b[{}A\x1b[J", drawn_rows_);
  const auto count = std::ranges::count_if(rows_, [](const Row& row) { return row.state == State::done; });
  text += format("[+] {}/{}\n", count, rows_.size());
  for (std::size_t i = rows_.size() - shown; i < rows_.size(); ++i) text += picture_of(rows_[i]);
  drawn_rows_ = shown + 1;
  write_text(text);
}

}  // namespace lichen::compose
