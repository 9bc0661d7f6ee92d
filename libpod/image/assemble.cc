#include "libpod/image/assemble.hh"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "libpod/base/error.hh"
#include "libpod/base/time.hh"
#include "libpod/image/hash.hh"
#include "libpod/image/limits.hh"
#include "libpod/image/manifest.hh"
#include "libpod/image/packed_layer.hh"
#include "libpod/spec/image_config.hh"

namespace lichen::image {
namespace {

/// Layers of one image on their way. Workers start in order and publish in order: a layer is never there without those
/// beneath.
class LayerGang {
 public:
  LayerGang(const store::Paths& paths, int parallel) : paths_(paths), parallel_(parallel) {}
  ~LayerGang() {
    fail(nullptr);
    for (auto& worker : workers_) worker.join();
  }

  /// Blocks until a place is free. `lock` is held until the layer is published.
  void start(std::size_t index, const LayerSource& source, std::string parent, std::string chain, LayerLock lock,
             std::shared_ptr<ProgressLine> line) {
    std::unique_lock guard(mutex_);
    changed_.wait(guard, [&] { return running_ < parallel_ || stopped_; });
    if (stopped_) return;
    ++running_;
    workers_.emplace_back(
        [this, index, &source, parent = std::move(parent), chain = std::move(chain), lock = std::move(lock),
         line = std::move(line)]() mutable { work(index, source, parent, chain, std::move(lock), *line); });
  }
  void already_there(std::size_t index) {
    std::unique_lock guard(mutex_);
    changed_.wait(guard, [&] { return published_ == index || stopped_; });
    if (published_ == index) ++published_;
    changed_.notify_all();
  }
  /// Wait for all. @throws the first error
  void finish() {
    for (auto& worker : workers_) worker.join();
    workers_.clear();
    if (error_) std::rethrow_exception(error_);
  }
  bool stopped() {
    const std::lock_guard guard(mutex_);
    return stopped_;
  }

 private:
  void fail(std::exception_ptr error) {
    const std::lock_guard guard(mutex_);
    if (!error_) error_ = std::move(error);
    stopped_ = true;
    cancelled_ = true;
    changed_.notify_all();
  }

  void work(std::size_t index, const LayerSource& source, const std::string& parent, const std::string& chain,
            [[maybe_unused]] LayerLock lock, ProgressLine& line) {
    try {
      LayerInput input{source.diff_id, parent, source.blob_size, Allowed::layers, {}, {}};
      if (source.keep_blob && source.remote) input.keep_as = kept_blob_name(source.remote->digest);
      input.feed = [&](const FeedSink& sink) {
        source.feed([&](Bytes data) { return !cancelled_ && sink(data); }, line);
        if (cancelled_) throw_error(ErrorKind::interrupted, "another layer failed");
      };
      const auto staged = stage_layer(paths_, input);
      if (source.remote) staged->meta.blobs.push_back(*source.remote);
      LICHEN_ASSERT(staged->meta.chain_id == chain);
      std::unique_lock guard(mutex_);
      changed_.wait(guard, [&] { return published_ == index || stopped_; });
      if (!stopped_) {
        guard.unlock();
        publish_layer(paths_, *staged);
        line.state("done");
        guard.lock();
        ++published_;
      }
    } catch (Error& error) {
      error.add_context("layer " + source.title);
      fail(std::current_exception());
    } catch (...) {
      fail(std::current_exception());
    }
    const std::lock_guard guard(mutex_);
    --running_;
    changed_.notify_all();
  }

  const store::Paths& paths_;
  const int parallel_;
  std::mutex mutex_;
  std::condition_variable changed_;
  int running_ = 0;
  std::size_t published_ = 0;  // layers below this one are in the store
  bool stopped_ = false;
  std::atomic<bool> cancelled_{false};
  std::exception_ptr error_;
  std::vector<std::thread> workers_;
};

// A layer that is here and stays: rmi deletes one only with the exclusive lock on its directory
// (engine/image_lookup.hh).
bool hold_layer(const store::Paths& paths, const std::string& chain, std::vector<sys::FileLock>& held) {
  auto lock = sys::try_lock(paths.layer(chain), sys::LockMode::shared);
  if (!lock || !store::LayerStore(paths).has(chain)) return false;
  held.push_back(*std::move(lock));
  return true;
}

// @return whether any layer had to be made
bool bring_layers(const store::Paths& paths, const ImageSource& source, const std::vector<std::string>& chains,
                  int parallel, Progress& progress, std::vector<sys::FileLock>& held) {
  bool fetched = false;
  LayerGang gang(paths, parallel);
  std::size_t next = 0;
  for (std::size_t i = 0; i < source.layers.size() && !gang.stopped(); ++i) {
    const auto& layer = source.layers[i];
    // Already here before anything was started: no line, no thread.
    if (!fetched && hold_layer(paths, chains[i], held)) {
      gang.already_there(next++);
      continue;
    }
    const auto line = progress.line(layer.title, layer.blob_size);
    auto lock = lock_layer(paths, chains[i], [&] { line->state("is being fetched by another command"); });
    if (hold_layer(paths, chains[i], held)) {
      line->state("is here");
      gang.already_there(next++);
      continue;
    }
    line->state("");
    fetched = true;
    gang.start(next++, layer, i == 0 ? "" : chains[i - 1], chains[i], std::move(lock), line);
  }
  gang.finish();
  return fetched;
}

}  // namespace

Assembled assemble_image(const store::Paths& paths, const ImageSource& source, int parallel, Progress& progress) {
  const Digest id = sha256(source.config_text);
  const std::string what = "config of image " + id.hex().substr(0, 12);
  const ConfigFacts facts = parse_config_facts(source.config_text, what);
  spec::parse_image_config(source.config_text, what);  // what cannot be run is not taken in
  if (facts.diff_ids.size() != source.layers.size())
    throw_error(ErrorKind::invalid, "{}: it names {} layers, the manifest {}", what, facts.diff_ids.size(),
                source.layers.size());
  std::vector<std::string> chains;
  for (std::size_t i = 0; i < facts.diff_ids.size(); ++i) {
    if (source.layers[i].diff_id != facts.diff_ids[i])
      throw_error(ErrorKind::internal, "{}: layers in another order", what);
    chains.push_back(chain_id(i == 0 ? "" : chains.back(), facts.diff_ids[i]));
  }
  store::ImageStore images(paths);
  Assembled result{id.hex(), !images.has(id.hex())};
  std::vector<sys::FileLock> held;  // until the image is published
  if (bring_layers(paths, source, chains, parallel, progress, held)) result.fetched = true;

  store::ImageMeta meta;
  meta.id = id.hex();
  meta.created = to_rfc3339(now());
  meta.chain_ids = chains;
  meta.repo_digests = source.repo_digests;
  if (source.manifest_text) meta.manifest_digest = sha256(*source.manifest_text);
  store::LayerStore layers(paths);
  for (std::size_t i = 0; i < chains.size(); ++i) {
    meta.size += layers.get(chains[i]).tar_size;
    if (source.layers[i].remote) layers.add_blob(chains[i], *source.layers[i].remote);
  }
  images.publish(meta, source.config_text, source.manifest_text);
  return result;
}

}  // namespace lichen::image
