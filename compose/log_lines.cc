#include "compose/log_lines.hh"

#include <algorithm>
#include <array>

#include "compose/arrivals.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/cleanup.hh"
#include "libpod/engine/log_reader.hh"
#include "libpod/engine/logs.hh"
#include "libpod/sys/io.hh"

#include <unistd.h>

namespace lichen::compose {
namespace {

// docker compose's order: cyan, yellow, green, magenta, blue, then the bright ones.
constexpr std::array<const char*, 10> kColours = {"36", "33", "32", "35", "34", "96", "93", "92", "95", "94"};

// In a child: each line with the stream's letter before it.
Json read_lines(engine::Engine& engine, const std::string& id, const LogChoice& choice) {
  auto query = engine::log_query(engine, engine::find_container(engine, id));
  query.since = choice.since;
  query.until = choice.until;
  query.tail = choice.tail;
  query.follow = choice.follow;
  std::string partial[2];
  const auto write = [](char stream, std::string& text) {
    sys::write_all(STDOUT_FILENO, std::string(1, stream) + text + "\n", "the project");
    text.clear();
  };
  engine::read_log(query, [&](const engine::LogPiece& piece) {
    const bool is_error = piece.stream == wire::LogStream::err;
    std::string& line = partial[is_error ? 1 : 0];
    if (piece.line_start && choice.timestamps) line += std::string(piece.time) + " ";
    line += piece.text;
    if (line.ends_with('\n')) {
      line.pop_back();
      write(is_error ? 'e' : 'o', line);
    }
    return true;
  });
  if (!partial[0].empty()) write('o', partial[0]);
  if (!partial[1].empty()) write('e', partial[1]);
  return nullptr;
}

}  // namespace

std::string short_name(const std::string& container, const std::string& project) {
  const bool is_ours = container.starts_with(project + "-") || container.starts_with(project + "_");  // --compatibility
  return is_ours ? container.substr(project.size() + 1) : container;
}

LogLines::LogLines(engine::Engine& engine, sys::EventLoop& loop, LogChoice choice, std::vector<std::string> names,
                   std::function<void(const std::string& id)> ended)
    : engine_(engine), loop_(loop), choice_(std::move(choice)), names_(std::move(names)), ended_(std::move(ended)) {
  std::ranges::sort(names_);
  for (const auto& name : names_) width_ = std::max(width_, name.size());
}

void LogLines::add(const std::string& id, const std::string& name, std::optional<Timestamp> since) {
  const auto known = std::ranges::find(names_, name);
  const auto number = static_cast<std::size_t>(known - names_.begin());
  if (known == names_.end()) names_.push_back(name);
  const auto end = [this, id] {
    // It is called by the reader itself, which goes later.
    gone_.push_back(std::move(readers_.extract(id).mapped()));
    ended_(id);
  };
  LogChoice choice = choice_;
  if (since) choice.since = since;
  readers_[id] = std::make_unique<buildah::Worker>(
      loop_, [this, id, choice] { return read_lines(engine_, id, choice); },
      buildah::Worker::Handlers{[this, number, name](std::string_view line) { print(number, name, line); },
                                [end](const Json&) { end(); },
                                [end](const Error& error) {
                                  log_warn("{}", error.what());
                                  end();
                                }});
}

void show_logs(engine::Engine& engine, const std::string& project, const LogChoice& choice,
               const std::function<bool(const ProjectContainer&)>& is_asked) {
  sys::EventLoop loop;
  std::optional<LogLines> lines;
  std::size_t left = 0;
  const auto add = [&](const ProjectContainer& container, std::optional<Timestamp> since) {
    if (!is_asked(container)) return true;
    if (lines->has(container.id())) return false;  // what it said before its restart is not read to the end yet
    lines->add(container.id(), short_name(container.name(), project), since);
    ++left;
    return true;
  };
  std::optional<Arrivals> arrivals;
  if (choice.follow)
    arrivals.emplace(engine, loop, project, [&](const ProjectContainer& container) {
      return add(container, parse_rfc3339(container.summary.state.started_at));
    });
  const auto containers = project_containers(engine, project);
  std::vector<std::string> names;
  for (const auto& container : containers)
    if (is_asked(container)) names.push_back(short_name(container.name(), project));
  lines.emplace(engine, loop, choice, std::move(names), [&](const std::string&) {
    --left;
    if (arrivals) arrivals->retry();
  });
  for (const auto& container : containers) add(container, std::nullopt);
  while (left > 0) loop.step(std::chrono::seconds(1));
}

void LogLines::print(std::size_t number, const std::string& name, std::string_view line) const {
  const bool is_error = !line.empty() && line[0] == 'e';
  std::string text;
  if (choice_.has_prefix) {
    const std::string prefix = format("{:<{}}  | ", name, width_);
    text = choice_.has_colour ? format("\x1b[{}m{}\x1b[0m", kColours[number % kColours.size()], prefix) : prefix;
  }
  text += line.empty() ? line : line.substr(1);
  sys::write_all(is_error ? STDERR_FILENO : STDOUT_FILENO, text + "\n", "the output");
}

}  // namespace lichen::compose
