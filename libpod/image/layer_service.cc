#include "libpod/image/layer_service.hh"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/base/path.hh"
#include "libpod/base/time.hh"
#include "libpod/image/hash.hh"
#include "libpod/image/layer_queue.hh"
#include "libpod/store/layer_store.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/landlock.hh"
#include "libpod/sys/lock.hh"
#include "libpod/sys/userns.hh"

#include <fcntl.h>
#include <unistd.h>

namespace lichen::image {
namespace {

constexpr unsigned kMaxWorkers = 4;
constexpr std::size_t kMaxLine = 64u << 10;  // an order is a few hundred bytes and a path
constexpr auto kLockTimeout = std::chrono::seconds(10);

// Any exception of `work` as an Error.
template <typename Work, typename OnError>
void guard(const Work& work, const OnError& on_error) {
  try {
    work();
  } catch (const Error& error) {
    on_error(error);
  } catch (const std::exception& error) {
    on_error(Error(ErrorKind::internal, error.what()));
  }
}

class LayerService {
 public:
  LayerService(const store::Paths& paths, int output) : paths_(paths), layers_(paths), output_(output) {}
  ~LayerService() {
    queue_.abandon();
    join();
  }
  LayerService(const LayerService&) = delete;
  LayerService& operator=(const LayerService&) = delete;

  void run(int input) {
    // OpenSSL reads its configuration at the first digest, and the workers may not reach it.
    sha256("");
    const unsigned workers = std::clamp(std::thread::hardware_concurrency(), 1u, kMaxWorkers);
    for (unsigned i = 0; i < workers; ++i) threads_.emplace_back([this] { hash_directories(); });
    threads_.emplace_back([this] { commit(); });
    read_orders(input);
    queue_.end();
    join();
  }

 private:
  void join() {
    for (auto& thread : threads_) thread.join();
    threads_.clear();
  }

  void read_orders(int input) {
    std::string text;
    std::vector<char> piece(64u << 10);
    for (;;) {
      const ssize_t count = ::read(input, piece.data(), piece.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw_errno("read orders");
      if (count == 0) break;
      std::size_t searched = text.size(), start = 0;
      text.append(piece.data(), static_cast<std::size_t>(count));
      for (auto end = text.find('\n', searched); end != text.npos; end = text.find('\n', start)) {
        take_order(text.substr(start, end - start));
        start = end + 1;
      }
      text.erase(0, start);
      if (text.size() > kMaxLine) throw_error(ErrorKind::invalid, "orders: a line of more than {} bytes", kMaxLine);
    }
    if (!text.empty()) throw_error(ErrorKind::invalid, "orders: they end within a line");
  }

  void take_order(const std::string& line) {
    const Json json = parse_json(line, "order", {.max_bytes = kMaxLine});
    queue_.add(wire::layer_order_from_json(json));
  }

  void answer(const wire::LayerAnswer& answer) const {
    try {
      sys::write_all(output_, dump_json(to_json(answer)) + "\n", "an answer");
    } catch (const Error&) {
      ::_exit(1);  // nobody listens any more
    }
  }

  void hash_directories() {
    bool confined = false;
    while (const auto order = queue_.next_to_hash()) {
      guard(
          [&] {
            // What a hostile tree may find to reach are the half-made things of its own store.
            if (!std::exchange(confined, true)) sys::confine_thread_to(paths_.staging());
            queue_.hashed(order->number, hash_directory(*order));
          },
          [&](Error error) {
            error.add_context(format("layer of '{}'", order->directory));
            queue_.failed(order->number, error);
          });
    }
  }

  AdoptedLayer hash_directory(const wire::LayerOrder& order) const {
    const std::string name = base_name(order.directory);
    if (parent_path(order.directory) != paths_.staging() || name.empty() || name.starts_with('.'))
      throw_error(ErrorKind::invalid, "it is not in '{}'", paths_.staging());
    const auto directory = sys::open_path(order.directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    return adopt_directory(directory.get(), {.maps = maps_, .latest_time = order.latest_time});
  }

  void commit() {
    for (;;) {
      const auto batch = queue_.next_batch();
      if (batch.is_empty()) return;
      for (const auto& [number, error] : batch.failed) answer_failure(number, error);
      if (!batch.ready.empty()) publish(batch.ready);
    }
  }

  void answer_failure(std::uint64_t number, const Error& error) const {
    wire::LayerAnswer failure;
    failure.number = number;
    failure.error = wire::to_service_error(error);
    answer(failure);
  }

  using Ready = LayerQueue::Ready;

  // One wait for the disk for all of them; then they appear, a layer never before those beneath it.
  void publish(const std::vector<Ready>& batch) {
    std::vector<const Ready*> fresh;
    std::vector<wire::LayerAnswer> done;
    const auto fail = [this](const Ready& ready, Error error) {
      error.add_context(format("layer of '{}'", ready.order.directory));
      queue_.failed(ready.order.number, std::move(error));
    };
    for (const auto& ready : batch)
      guard(
          [&] {
            if (prepare(ready))
              fresh.push_back(&ready);
            else
              done.push_back(finished(ready, /*was_there=*/true));
          },
          [&](const Error& error) { fail(ready, error); });
    guard(
        [&] {
          if (!fresh.empty()) sys::sync_file_system(paths_.staging());
        },
        [&](const Error& error) {
          for (const auto* ready : std::exchange(fresh, {})) fail(*ready, error);
        });
    for (const auto* ready : fresh)
      guard([&] { done.push_back(finished(*ready, /*was_there=*/!put_in_place(*ready))); },
            [&](const Error& error) { fail(*ready, error); });
    if (!fresh.empty())
      guard([&] { sys::sync_directory(paths_.layers()); },
            [&](const Error& error) { log_warn("{}", error.what()); });  // they are there, for all who look
    for (auto& one : done) {
      queue_.published(one.number, one.chain_id);
      answer(std::move(one));
    }
  }

  // Write its record. @return false when the store has the layer
  bool prepare(const Ready& ready) {
    const auto& order = ready.order;
    if (!order.parent_number) require_parent(order);
    if (hold_existing(ready.chain_id)) return false;
    store::LayerMeta meta;
    meta.chain_id = ready.chain_id;
    meta.parent = order.parent;
    meta.diff_id = ready.layer.diff_id;
    meta.tar_size = static_cast<std::int64_t>(ready.layer.tar_size);
    meta.disk_size = static_cast<std::int64_t>(ready.layer.disk_size);
    meta.created = order.created.empty() ? to_rfc3339(now()) : order.created;
    sys::write_file(order.directory + "/meta.json", dump_json_pretty(to_json(meta)));
    return true;
  }

  // @return false when somebody else was faster
  bool put_in_place(const Ready& ready) {
    const auto& order = ready.order;
    require_parent(order);
    for (int attempt = 0; attempt < 8; ++attempt) {
      if (sys::rename_no_replace(order.directory, paths_.layer(ready.chain_id))) {
        ours_.insert(ready.chain_id);
        return true;
      }
      if (hold_existing(ready.chain_id)) return false;
    }
    throw Error(ErrorKind::conflict, format("layer '{}' is there, but damaged", ready.chain_id))
        .with_hint("run 'lichen system check --repair', then build again");
  }

  void require_parent(const wire::LayerOrder& order) const {
    if (!order.parent.empty() && !layers_.has(order.parent))
      throw_error(ErrorKind::not_found, "the layer '{}' beneath it is not there", printable(order.parent));
  }

  bool is_ours(const std::string& chain) const { return ours_.contains(chain); }

  // Whether the store has the layer; then it stays until we end. One that we made is held by who ordered it, with a
  // lock that keeps us out too.
  bool hold_existing(const std::string& chain) {
    if (is_ours(chain) || held_.contains(chain)) return layers_.has(chain);
    if (!layers_.has(chain)) return false;
    try {
      auto lock = sys::wait_lock(paths_.layer(chain), sys::LockMode::shared, kLockTimeout);
      if (!layers_.has(chain)) return false;
      held_.emplace(chain, std::move(lock));
      return true;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::not_found) return false;
      throw;
    }
  }

  static wire::LayerAnswer finished(const Ready& ready, bool was_there) {
    wire::LayerAnswer done;
    done.number = ready.order.number;
    done.chain_id = ready.chain_id;
    done.diff_id = ready.layer.diff_id.str();
    done.tar_size = static_cast<std::int64_t>(ready.layer.tar_size);
    done.disk_size = static_cast<std::int64_t>(ready.layer.disk_size);
    done.was_there = was_there;
    return done;
  }

  const store::Paths& paths_;
  const store::LayerStore layers_;
  const int output_;
  const sys::IdMaps maps_ = sys::current_maps();
  LayerQueue queue_;
  std::set<std::string> ours_;                 // chain ids that were published here
  std::map<std::string, sys::FileLock> held_;  // those that were there
  std::vector<std::thread> threads_;
};

}  // namespace

void serve_layers(const store::Paths& paths, int input, int output) { LayerService(paths, output).run(input); }

}  // namespace lichen::image
