// The layer orders of one build and what has become of each: which is to be hashed, which can be published.
//
// A layer's place in the store follows from its digest and the layer beneath, so an order may wait for others that come
// later or are slower; whoever waits for one that failed fails with it. All functions may be called by any thread.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "libpod/image/adopt_layer.hh"
#include "libpod/wire/layer_service.hh"

namespace lichen::image {

class LayerQueue {
 public:
  /// A layer that is hashed, and whose place is known.
  struct Ready {
    wire::LayerOrder order;  // `parent` is filled in
    AdoptedLayer layer;
    std::string chain_id;
  };
  struct Failed {
    std::uint64_t number;
    Error error;
  };
  struct Batch {
    std::vector<Ready> ready;  // from the lowest up
    std::vector<Failed> failed;
    bool is_empty() const { return ready.empty() && failed.empty(); }
  };

  /// @throws Error{invalid} the number was given before
  void add(wire::LayerOrder order);
  /// No more orders come. What waits for one that was never given fails.
  void end();
  /// Nobody wants anything any more: all who wait return.
  void abandon();

  /// The next directory to hash; waits. nullopt: there will be none.
  std::optional<wire::LayerOrder> next_to_hash();
  void hashed(std::uint64_t number, AdoptedLayer layer);
  void failed(std::uint64_t number, Error error);

  /// All that can be settled now; waits until there is something. Empty: all is settled and no more comes.
  /// The caller calls published() or failed() for each of `ready` before it asks again.
  Batch next_batch();
  void published(std::uint64_t number, const std::string& chain_id);

 private:
  enum class State { waiting, hashing, hashed, taken, published, failed, told };
  struct Item {
    wire::LayerOrder order;
    State state = State::waiting;
    AdoptedLayer layer;
    std::string chain_id;  // from `taken` on
    std::optional<Error> error;
  };

  Batch collect();
  bool take(Item& item, Batch& batch);
  bool all_settled() const;
  void fail(Item& item, Error error);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, Item> items_;
  std::deque<std::uint64_t> to_hash_;
  bool ended_ = false, abandoned_ = false;
};

}  // namespace lichen::image
