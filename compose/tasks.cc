#include "compose/tasks.hh"

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"

namespace lichen::compose {
namespace {

constexpr std::chrono::milliseconds kTick{100};

}  // namespace

Tasks::Id Tasks::add(Task task) {
  items_.push_back(
      std::make_unique<Item>(Item{.task = std::move(task), .phase = Phase::waiting, .is_shown = false, .worker = {}}));
  ++left_;
  is_awake_ = true;
  return items_.size() - 1;
}

std::vector<std::string> Tasks::waiting() const {
  std::vector<std::string> objects;
  for (const auto& item : items_)
    if (item->phase != Phase::done) objects.push_back(item->task.object);
  return objects;
}

// Gates are also asked after each tick: the monitor tells of a death before the record has it, and of its own, by
// SIGKILL, it tells nothing.
void Tasks::run(std::optional<std::chrono::steady_clock::time_point> limit) {
  for (auto looked = std::chrono::steady_clock::now(); left_ > 0;) {
    if (std::chrono::steady_clock::now() - looked >= kTick) is_awake_ = true;
    if (std::exchange(is_awake_, false) && !failure_) {
      pump();
      looked = std::chrono::steady_clock::now();
    }
    if (left_ == 0 || (failure_ && working_ == 0)) break;
    loop_.step(kTick);
    view_.tick();
    if (limit && !failure_ && std::chrono::steady_clock::now() >= *limit)
      failure_ = Error(ErrorKind::conflict, "these are not ready in time: " + join(waiting(), ", "));
  }
  if (failure_) throw *failure_;
}

void Tasks::fail(const Error& error) {
  if (!failure_) failure_ = error;
}

void Tasks::cut(bool all) {
  for (auto& item : items_) {
    if (item->phase != Phase::working || !(all || item->task.may_be_cut)) continue;
    item->worker.reset();
    item->phase = Phase::done;
    --working_;
  }
}

// As long as something moves: a task without a body lets others begin at once.
void Tasks::pump() {
  for (bool moved = true; moved && !failure_;) {
    moved = false;
    for (std::size_t i = 0; i < items_.size() && !failure_ && working_ < at_once_; ++i) {
      Item& item = *items_[i];
      if (item.phase != Phase::waiting || !is_ready(item)) continue;
      begin(item);
      moved = true;
    }
  }
}

bool Tasks::is_ready(Item& item) {
  for (const Id before : item.task.after)
    if (items_.at(before)->phase != Phase::done) return false;
  if (!item.task.gate || view_.is_rehearsal()) return true;
  try {
    return item.task.gate();
  } catch (const Error& error) {
    fail(error);
    view_.failed(item.task.object);
    return false;
  }
}

void Tasks::begin(Item& item) {
  if (!item.task.doing.empty()) view_.show(item.task.object, item.task.doing);
  if (!item.task.body || view_.is_rehearsal()) return end(item, Json::object());
  item.phase = Phase::working;
  ++working_;
  Item* const it = &item;
  item.worker = std::make_unique<buildah::Worker>(loop_, item.task.body,
                                                  buildah::Worker::Handlers{[this, it](std::string_view line) {
                                                                              if (it->task.output)
                                                                                it->task.output(line);
                                                                              else
                                                                                view_.line(it->task.object, line);
                                                                            },
                                                                            [this, it](const Json& result) {
                                                                              --working_;
                                                                              end(*it, result);
                                                                            },
                                                                            [this, it](const Error& error) {
                                                                              --working_;
                                                                              fail(error);
                                                                              it->phase = Phase::done;
                                                                              view_.failed(it->task.object);
                                                                            }});
}

void Tasks::end(Item& item, const Json& result) {
  item.phase = Phase::done;
  --left_;
  is_awake_ = true;
  try {
    if (item.task.done && !view_.is_rehearsal()) item.task.done(result);
  } catch (const Error& error) {
    fail(error);
    view_.failed(item.task.object);
    return;
  }
  if (!item.task.did.empty()) view_.done(item.task.object, item.task.did);
}

}  // namespace lichen::compose
