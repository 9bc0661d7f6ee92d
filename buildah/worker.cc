#include "buildah/worker.hh"

#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace lichen::buildah {
namespace {

constexpr std::chrono::milliseconds kStep{1000};
constexpr std::size_t kMaxLine = 64 * 1024, kMaxAnswer = 1 << 20;

void redirect(int output) {
  const sys::UniqueFd null = sys::open_path("/dev/null", O_RDONLY);
  ::dup2(null.get(), 0);
  ::dup2(output, 1);
  ::dup2(output, 2);
}

std::string run_body(const std::function<Json()>& body) {
  try {
    return dump_json({{"result", body()}});
  } catch (const Error& error) {
    return dump_json(
        {{"error", {{"kind", to_string(error.kind())}, {"message", error.what()}, {"hint", error.hint()}}}});
  }
}

}  // namespace

void run_in_worker(sys::EventLoop& loop, const std::function<void()>& body) {
  std::optional<Error> failure;
  bool is_done = false;
  const Worker worker(loop,
                      [&]() -> Json {
                        body();
                        return Json::object();
                      },
                      {[](std::string_view) {}, [&](const Json&) { is_done = true; },
                       [&](const Error& error) {
                         failure = error;
                         is_done = true;
                       }});
  while (!is_done) loop.step(kStep);
  if (failure) throw *failure;
}

bool run_on_terminal(const std::function<Json()>& body) {
  sys::Pid child = sys::fork_child([&] {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const Json result = parse_json(run_body(body), "result of a shell");
    if (!result.contains("error")) return 0;
    sys::write_all(2, result.at("error").at("message").get<std::string>() + "\n", "standard error");
    return 1;
  });
  return child.wait().code == 0;
}

Worker::Worker(sys::EventLoop& loop, const std::function<Json()>& body, Handlers handlers)
    : loop_(loop), handlers_(std::move(handlers)) {
  sys::Pipe output = sys::make_pipe(), result = sys::make_pipe();
  const pid_t parent = ::getpid();
  process_ = sys::fork_child([&] {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) return 1;
    redirect(output.write.get());
    output.write.reset();
    sys::write_all(result.write.get(), run_body(body), "the build");
    return 0;
  });
  output_ = std::move(output.read);
  result_ = std::move(result.read);
  sys::set_nonblocking(output_.get(), true);
  sys::set_nonblocking(result_.get(), true);
  output_watch_ = loop_.watch(output_.get(), EPOLLIN, [this](std::uint32_t) { read_output(); });
  result_watch_ = loop_.watch(result_.get(), EPOLLIN, [this](std::uint32_t) { read_result(); });
}

Worker::~Worker() {
  loop_.forget(output_watch_);
  loop_.forget(result_watch_);
}

void Worker::read_output() {
  char buffer[16384];
  for (;;) {
    const ssize_t count = ::read(output_.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return;
    if (count == 0) return loop_.forget(output_watch_);
    partial_.append(buffer, static_cast<std::size_t>(count));
    for (std::size_t end = 0; (end = partial_.find('\n')) != std::string::npos || partial_.size() > kMaxLine;) {
      const std::size_t length = end == std::string::npos ? kMaxLine : end;
      handlers_.output(std::string_view(partial_).substr(0, length));
      partial_.erase(0, end == std::string::npos ? length : length + 1);
    }
  }
}

// Its end is the child's: a process that it left behind may hold the output for ever, and is not waited for.
void Worker::read_result() {
  char buffer[16384];
  for (;;) {
    const ssize_t count = ::read(result_.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return;
    if (count == 0) return finish();
    if (answer_.size() < kMaxAnswer) answer_.append(buffer, static_cast<std::size_t>(count));
  }
}

void Worker::finish() {
  loop_.forget(result_watch_);
  if (output_watch_ != 0) read_output();
  loop_.forget(output_watch_);
  if (!partial_.empty()) handlers_.output(partial_);
  const auto status = process_.wait();
  // The handlers may destroy this object.
  const Handlers handlers = std::move(handlers_);
  Json result;
  try {
    if (answer_.empty())
      throw_error(ErrorKind::interrupted, "the process of this step ended without a word (status {})", status.code);
    const Json json = parse_json(answer_, "result of a step");
    const JsonView error = JsonView(json, "step:").at("error");
    if (!error.is_null())
      throw Error(error_kind_from_string(error.get_string("kind")), error.get_string("message"))
          .with_hint(error.get_string("hint"));
    result = json.at("result");
  } catch (const Error& error) {
    return handlers.failed(error);
  }
  handlers.done(result);
}

}  // namespace lichen::buildah
