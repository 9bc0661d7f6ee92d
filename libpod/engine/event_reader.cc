#include "libpod/engine/event_reader.hh"

#include <algorithm>
#include <set>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/object_filter.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

namespace lichen::engine {
namespace {

constexpr std::string_view kKeys[] = {"container", "event", "image", "network", "pod", "type", "volume"};
constexpr std::size_t kMaxLine = 1 << 20;

std::string text_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

// A line of ours as the object that docker's clients know (api/types/events.Message).
Json docker_event(const Json& line, Timestamp time) {
  const std::string type = text_of(line, "type"), action = text_of(line, "action"), id = text_of(line, "id");
  Json attributes = Json::object();
  if (const auto found = line.find("attributes"); found != line.end() && found->is_object()) attributes = *found;
  for (const char* key : {"image", "name"})
    if (const auto value = text_of(line, key); !value.empty()) attributes[key] = value;
  Json event;
  event["status"] = action;
  event["id"] = id;
  event["from"] = text_of(line, "image");
  event["Type"] = type;
  event["Action"] = action;
  event["Actor"] = {{"ID", id}, {"Attributes", std::move(attributes)}};
  event["scope"] = "local";
  const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  event["time"] = nanoseconds / 1'000'000'000;
  event["timeNano"] = nanoseconds;
  event["ID"] = id;
  event["Name"] = text_of(line, "name");
  event["Image"] = text_of(line, "image");
  event["Status"] = action;
  event["Time"] = to_rfc3339(time);
  event["Attributes"] = event["Actor"]["Attributes"];
  return event;
}

class Reader {
 public:
  Reader(const Engine& engine, const EventQuery& query, const std::function<bool(const Json&)>& sink)
      : directory_(engine.paths.events()), query_(query), sink_(sink), filters_(Filters::parse(query.filters, kKeys)) {}

  void run() {
    // Before the first look: what is written in between is then seen twice by the watch and once by us.
    if (query_.follow) watch();
    if (!query_.since) skip_what_is_there();
    for (;;) {
      if (!read_new_lines()) return;
      if (!query_.follow || !wait()) return;
    }
  }

 private:
  std::vector<std::string> files() const {
    auto names = sys::list_directory(directory_);
    std::erase_if(names, [](const std::string& name) { return name.size() != 14 || !name.ends_with(".jsonl"); });
    std::sort(names.begin(), names.end());
    return names;
  }

  // The first file that can hold what is asked for, by its name.
  bool is_too_old(const std::string& name) const {
    if (!query_.since) return false;
    const std::string day = to_rfc3339(*query_.since).substr(0, 10);
    return name.substr(0, 8) < day.substr(0, 4) + day.substr(5, 2) + day.substr(8, 2);
  }

  void skip_what_is_there() {
    const auto names = files();
    if (names.empty()) return;
    file_ = names.back();
    const auto fd = open_file();
    const off_t size = fd ? ::lseek(fd.get(), 0, SEEK_END) : 0;
    offset_ = size < 0 ? 0 : static_cast<std::uint64_t>(size);
  }

  // No fd for what cannot be read: it is named once, and the other days are read.
  sys::UniqueFd open_file() {
    const std::string path = directory_ + "/" + file_;
    try {
      auto fd = sys::open_path(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
      struct stat status {};
      if (::fstat(fd.get(), &status) != 0) throw_errno("look at '{}'", path);
      if (!S_ISREG(status.st_mode)) throw_error(ErrorKind::invalid, "read '{}': not a regular file", path);
      return fd;
    } catch (const Error& error) {
      if (named_.insert(file_).second) query_.on_damaged(file_, error);
      return {};
    }
  }

  bool read_new_lines() {
    for (const auto& name : files()) {
      if (name < file_ || is_too_old(name)) continue;
      if (name > file_) {
        file_ = name;
        offset_ = 0;
      }
      if (!read_file()) return false;
    }
    return true;
  }

  bool read_file() {
    const auto fd = open_file();
    if (!fd) return true;
    std::string pending;
    char block[64 << 10];
    for (;;) {
      const ssize_t count = ::pread(fd.get(), block, sizeof block, static_cast<off_t>(offset_ + pending.size()));
      if (count < 0) throw_errno("read '{}'", file_);
      pending.append(block, static_cast<std::size_t>(count));
      std::size_t begin = 0;
      for (auto end = pending.find('\n'); end != std::string::npos; end = pending.find('\n', begin)) {
        const bool more = hand_out(std::string_view(pending).substr(begin, end - begin));
        begin = end + 1;
        if (!more) return false;
      }
      offset_ += begin;
      pending.erase(0, begin);
      if (count == 0) return true;
      if (pending.size() > kMaxLine) {  // nothing of ours writes such a line
        offset_ += pending.size();
        pending.clear();
      }
    }
  }

  bool hand_out(std::string_view text) {
    Json line;
    try {
      line = parse_json(text, "an event");
    } catch (const Error&) {
      return true;
    }
    const auto time = parse_rfc3339(text_of(line, "time"));
    if (!time || !line.is_object()) return true;
    if (query_.since && *time < *query_.since) return true;
    if (query_.until && *time > *query_.until) return false;
    return !selects(line) || sink_(docker_event(line, *time));
  }

  bool selects(const Json& line) const {
    const std::string type = text_of(line, "type"), id = text_of(line, "id"), name = text_of(line, "name");
    const auto is_object = [&](std::string_view kind) {
      return filters_.any(kind, [&](const std::string& wanted) {
        return type == kind && (name == wanted || (!wanted.empty() && id.starts_with(wanted)));
      });
    };
    const bool image = filters_.any("image", [&](const std::string& wanted) {
      const std::string of = type == "image" ? name : text_of(line, "image");
      return of == wanted || of.starts_with(wanted + ":") ||
             (type == "image" && !wanted.empty() && id.starts_with(wanted));
    });
    const std::string action = text_of(line, "action");
    return filters_.any("event", [&](const std::string& wanted) { return action == wanted; }) &&
           filters_.any("type", [&](const std::string& wanted) { return type == wanted; }) && is_object("container") &&
           is_object("volume") && is_object("network") && is_object("pod") && image;
  }

  void watch() {
    inotify_.reset(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (inotify_ && ::inotify_add_watch(inotify_.get(), directory_.c_str(), IN_MODIFY | IN_CREATE) < 0)
      inotify_.reset();  // no event was written yet, or the user's watches are used up
  }

  // false when `until` is over. Without inotify (it is limited per user) the interval alone has to do.
  bool wait() {
    int milliseconds = inotify_ ? -1 : 200;
    if (query_.until) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*query_.until - now()).count();
      if (left <= 0) return false;
      milliseconds = static_cast<int>(std::min<std::int64_t>(left + 1, 3'600'000));
    }
    pollfd polled{inotify_.get(), POLLIN, 0};
    ::poll(&polled, 1, milliseconds);
    char drop[4096];
    while (inotify_ && ::read(inotify_.get(), drop, sizeof drop) > 0) {
    }
    return true;
  }

  std::string directory_;
  const EventQuery& query_;
  const std::function<bool(const Json&)>& sink_;
  Filters filters_;
  sys::UniqueFd inotify_;
  std::string file_;
  std::set<std::string> named_;  // files that could not be read
  std::uint64_t offset_ = 0;
};

}  // namespace

void read_events(const Engine& engine, const EventQuery& query, const std::function<bool(const Json&)>& sink) {
  Reader(engine, query, sink).run();
}

std::string event_text(const Json& event, bool no_trunc) {
  std::vector<std::string> pairs;
  for (const auto& [key, value] : event.at("Attributes").items())
    pairs.push_back(key + "=" + (value.is_string() ? value.get<std::string>() : value.dump()));
  std::sort(pairs.begin(), pairs.end());
  const std::string id = text_of(event, "id");
  return format("{} {} {} {} ({})", text_of(event, "Time"), text_of(event, "Type"), text_of(event, "Action"),
                no_trunc || !is_full_id(id) ? id : short_id(id), join(pairs, ", "));
}

}  // namespace lichen::engine
