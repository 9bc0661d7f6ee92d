#include "libpod/image/layer_import.hh"

#include <algorithm>
#include <thread>

#include "libpod/base/error.hh"
#include "libpod/base/time.hh"
#include "libpod/image/hash.hh"
#include "libpod/image/inflate.hh"
#include "libpod/image/journal.hh"
#include "libpod/image/limits.hh"
#include "libpod/image/unpack.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/landlock.hh"
#include "libpod/sys/userns.hh"

#include <fcntl.h>
#include <unistd.h>

namespace lichen::image {
namespace {

constexpr std::size_t kBlobChunk = 256u << 10, kBlobChunks = 16;
constexpr std::size_t kTarChunks = 8;

// The threads of one pipeline; whatever happens they are told to stop and are joined.
class Pipeline {
 public:
  explicit Pipeline(const LayerInput& input) : input_(input) {}
  ~Pipeline() { stop(); }

  void start() {
    fetcher_ = std::thread([this] { guard(blob_, [this] { fetch(); }); });
    inflater_ = std::thread([this] { inflate(); });
    hasher_ = std::thread([this] { hash(); });
  }
  Channel& tar() { return tar_; }
  /// After the tar was read to its end. @return its digest
  Digest finish() {
    join();
    return digest_;
  }

 private:
  template <typename Work>
  void guard(Channel& channel, const Work& work) {
    try {
      work();
      channel.close();
    } catch (...) {
      channel.close(std::current_exception());
    }
  }

  void fetch() {
    auto chunk = std::make_shared<std::vector<std::uint8_t>>();
    input_.feed([&](Bytes data) {
      chunk->insert(chunk->end(), data.begin(), data.end());
      if (chunk->size() < kBlobChunk) return true;
      const bool wanted = blob_.push(std::move(chunk));
      chunk = std::make_shared<std::vector<std::uint8_t>>();
      chunk->reserve(kBlobChunk + (64u << 10));
      return wanted;
    });
    if (!chunk->empty()) blob_.push(std::move(chunk));
  }

  void inflate() {
    try {
      sys::confine_thread_to("");  // bytes in, bytes out
      ChannelSource compressed(blob_);
      const auto plain =
          decompress(compressed, input_.allowed, input_.blob_size == kUnknownSize ? 0 : input_.blob_size);
      bool wanted = true;
      while (wanted) {
        auto chunk = std::make_shared<std::vector<std::uint8_t>>();
        const Bytes next = plain->peek();
        if (next.empty()) break;
        chunk->assign(next.begin(), next.end());
        plain->consume(next.size());
        to_hash_.push(chunk);
        wanted = tar_.push(std::move(chunk));
      }
      to_hash_.close();
      tar_.close();
      blob_.cancel();
    } catch (...) {
      to_hash_.close(std::current_exception());
      tar_.close(std::current_exception());
      blob_.cancel();
    }
  }

  void hash() {
    try {
      Hasher hasher;
      while (const Chunk chunk = to_hash_.pop()) hasher.update(Bytes(*chunk));
      digest_ = hasher.finish();
    } catch (...) {  // the reader of the tar gets the same error
      to_hash_.cancel();
    }
  }

  void join() {
    for (std::thread* thread : {&fetcher_, &inflater_, &hasher_})
      if (thread->joinable()) thread->join();
  }
  void stop() {
    blob_.cancel();
    tar_.cancel();
    to_hash_.cancel();
    join();
  }

  const LayerInput& input_;
  Channel blob_{kBlobChunks}, to_hash_{kTarChunks}, tar_{kTarChunks};
  Digest digest_;
  std::thread fetcher_, inflater_, hasher_;
};

void run_in_thread(const std::function<void()>& work) {
  std::exception_ptr error;
  std::thread([&] {
    try {
      work();
    } catch (...) {
      error = std::current_exception();
    }
  }).join();
  if (error) std::rethrow_exception(error);
}

std::uint64_t size_limit(std::uint64_t blob_size) {
  if (blob_size == kUnknownSize || blob_size > UINT64_MAX / kMaxRatio) return UINT64_MAX;
  return std::max(kRatioFloor, blob_size * kMaxRatio);
}

}  // namespace

namespace {

// Writes down what passes by. Whether it was right is known when the layer is whole.
class BlobKeeper {
 public:
  BlobKeeper(const std::string& dir, const LayerInput& input) : input_(input), path_(dir + "/" + input.keep_as) {
    if (!input.keep_as.empty()) file_ = sys::open_path(path_, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  }

  LayerInput watched() {
    LayerInput watched = input_;
    if (file_)
      watched.feed = [this](const FeedSink& sink) {
        input_.feed([&](Bytes data) {
          sys::write_all(file_.get(), {reinterpret_cast<const char*>(data.data()), data.size()}, path_);
          size_ += data.size();
          return sink(data);
        });
      };
    return watched;
  }

  // A reader that knows the end of a tar need not take what follows it.
  void finish() const {
    if (file_ && size_ != input_.blob_size) sys::remove_file(path_);
  }

 private:
  const LayerInput& input_;
  const std::string path_;
  sys::UniqueFd file_;
  std::uint64_t size_ = 0;
};

}  // namespace

std::unique_ptr<StagedLayer> stage_layer(const store::Paths& paths, const LayerInput& given) {
  auto staged = std::make_unique<StagedLayer>(StagedLayer{store::StagingDir(paths), {}});
  const std::string& dir = staged->dir.path();
  BlobKeeper keeper(dir, given);
  const LayerInput input = keeper.watched();
  JournalWriter journal(sys::open_path(dir + "/tar.journal", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  SpaceGuard space(dir, size_limit(input.blob_size));
  std::uint64_t tar_size = 0;
  Digest digest;
  const sys::IdMaps maps = sys::current_maps();
  {
    Pipeline pipeline(input);
    pipeline.start();
    // In a thread of its own, as it gives up every other file: what a hostile layer may find to reach lies in its
    // directory.
    run_in_thread([&] {
      sys::confine_thread_to(dir);
      ChannelSource tar(pipeline.tar());
      LayerUnpacker unpacker(dir, maps, journal, space);
      tar_size = unpacker.unpack(tar);
    });
    digest = pipeline.finish();
  }
  keeper.finish();
  journal.finish(tar_size);
  if (!input.diff_id.empty() && digest != input.diff_id)
    throw_error(ErrorKind::invalid, "the layer's tar has digest {}, the image's config says {}", digest.str(),
                input.diff_id.str());
  auto& meta = staged->meta;
  meta.diff_id = digest;
  meta.parent = input.parent;
  meta.chain_id = chain_id(input.parent, digest);
  meta.tar_size = static_cast<std::int64_t>(tar_size);
  meta.created = to_rfc3339(now());
  meta.has_journal = true;
  return staged;
}

bool publish_layer(const store::Paths& paths, StagedLayer& staged) {
  staged.meta.disk_size = static_cast<std::int64_t>(sys::disk_usage(staged.dir.path()).bytes);
  sys::write_file(staged.dir.path() + "/meta.json", dump_json_pretty(to_json(staged.meta)));
  sys::sync_file_system(staged.dir.path());
  if (!staged.dir.publish(paths.layer(staged.meta.chain_id))) return false;
  sys::sync_directory(paths.layers());
  return true;
}

LayerLock::~LayerLock() {
  if (!lock_) return;
  // While it is held: who waits for it sees that the name is gone and makes a new file (sys::try_lock).
  ::unlink(path_.c_str());
}

namespace {

LayerLock lock_object(const store::Paths& paths, const std::string& name, const std::function<void()>& waiting) {
  const std::string path = paths.staging() + "/" + name;
  if (auto lock = sys::try_lock(path, sys::LockMode::exclusive, /*create=*/true)) return {path, *std::move(lock)};
  waiting();
  for (;;) {
    try {
      return {path, sys::wait_lock(path, sys::LockMode::exclusive, std::chrono::seconds(3600), /*create=*/true)};
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::conflict) throw;
    }
  }
}

}  // namespace

LayerLock lock_layer(const store::Paths& paths, const std::string& chain_id, const std::function<void()>& waiting) {
  return lock_object(paths, "l-" + chain_id, waiting);
}

LayerLock lock_image(const store::Paths& paths, const std::string& id, const std::function<void()>& waiting) {
  return lock_object(paths, "i-" + id, waiting);
}

}  // namespace lichen::image
