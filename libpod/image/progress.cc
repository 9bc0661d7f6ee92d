#include "libpod/image/progress.hh"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/time.hh"
#include "libpod/sys/io.hh"

#include <sys/ioctl.h>
#include <unistd.h>

namespace lichen::image {
namespace {

void print(const std::string& text) {
  try {
    sys::write_all(STDERR_FILENO, text, "standard error");
  } catch (const Error&) {  // progress that nobody reads must not fail the work
  }
}

class SilentLine : public ProgressLine {
  void add(std::uint64_t) override {}
  void begin(std::uint64_t) override {}
  void state(const std::string&) override {}
};

class Silent : public Progress {
  std::shared_ptr<ProgressLine> line(const std::string&, std::uint64_t) override {
    return std::make_shared<SilentLine>();
  }
  void say(const std::string&) override {}
};

class PlainLine : public ProgressLine {
 public:
  explicit PlainLine(std::string title) : title_(std::move(title)) {}
  void add(std::uint64_t) override {}
  void begin(std::uint64_t) override {}
  void state(const std::string& word) override {
    if (!word.empty()) print(title_ + " " + word + "\n");
  }

 private:
  std::string title_;
};

class Plain : public Progress {
  std::shared_ptr<ProgressLine> line(const std::string& title, std::uint64_t) override {
    return std::make_shared<PlainLine>(printable(title));
  }
  void say(const std::string& text) override { print(printable(text) + "\n"); }
};

class BarLine : public ProgressLine {
 public:
  BarLine(std::string title, std::uint64_t total) : title_(std::move(title)), total_(total) {}
  void add(std::uint64_t bytes) override { done_ += bytes; }
  void begin(std::uint64_t total) override {
    const std::lock_guard lock(mutex_);
    total_ = total;
    done_ = 0;
    word_.clear();
  }
  void state(const std::string& word) override {
    const std::lock_guard lock(mutex_);
    word_ = word;
  }
  std::string draw(std::size_t columns) {
    const std::lock_guard lock(mutex_);
    std::string text = title_ + " ";
    if (!word_.empty()) return text + word_;
    const double done = static_cast<double>(done_.load());
    const std::string count = total_ == 0
                                  ? human_size(done)
                                  : fmt::format("{} / {}", human_size(done), human_size(static_cast<double>(total_)));
    const std::size_t used = text.size() + count.size() + 4;
    if (total_ == 0 || columns < used + 10) return text + count;
    const std::size_t width = std::min<std::size_t>(columns - used, 40);
    const auto filled =
        std::min(width, static_cast<std::size_t>(done / static_cast<double>(total_) * static_cast<double>(width)));
    return text + "[" + std::string(filled, '=') + std::string(width - filled, '-') + "] " + count;
  }

 private:
  const std::string title_;
  std::uint64_t total_;
  std::atomic<std::uint64_t> done_{0};
  std::mutex mutex_;
  std::string word_;
};

// Redraws ten times a second from a thread of its own, so that updates cost one atomic addition.
class Bars : public Progress {
 public:
  Bars() : painter_([this] { paint(); }) {}
  ~Bars() override {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    painter_.join();
  }
  std::shared_ptr<ProgressLine> line(const std::string& title, std::uint64_t total) override {
    auto made = std::make_shared<BarLine>(printable(title), total);
    const std::lock_guard lock(mutex_);
    lines_.push_back(made);
    return made;
  }
  void say(const std::string& text) override {
    const std::lock_guard lock(mutex_);
    print(erase() + printable(text) + "\n");
    drawn_ = 0;
    draw();
  }

 private:
  std::string erase() const { return drawn_ == 0 ? "" : fmt::format("\033[{}A\033[J", drawn_); }
  void draw() {
    winsize size{};
    const std::size_t columns = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80u;
    std::string text = erase();
    for (const auto& line : lines_) text += line->draw(columns - 1).substr(0, columns - 1) + "\n";
    drawn_ = lines_.size();
    print(text);
  }
  void paint() {
    std::unique_lock lock(mutex_);
    while (!stop_) {
      draw();
      changed_.wait_for(lock, std::chrono::milliseconds(100), [&] { return stop_; });
    }
    draw();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  std::vector<std::shared_ptr<BarLine>> lines_;
  std::size_t drawn_ = 0;
  std::thread painter_;  // last: it uses all of the above
};

}  // namespace

std::unique_ptr<Progress> make_progress(bool quiet) {
  if (quiet) return std::make_unique<Silent>();
  if (::isatty(STDERR_FILENO) == 1) return std::make_unique<Bars>();
  return std::make_unique<Plain>();
}

}  // namespace lichen::image
