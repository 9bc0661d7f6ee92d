#include "libpod/image/layer_queue.hh"

#include <algorithm>
#include <utility>

#include "libpod/image/hash.hh"

namespace lichen::image {

void LayerQueue::add(wire::LayerOrder order) {
  const std::lock_guard lock(mutex_);
  const auto number = order.number;
  if (!items_.try_emplace(number, Item{.order = std::move(order), .layer = {}, .chain_id = {}, .error = {}}).second)
    throw_error(ErrorKind::invalid, "layer order {}: there is one of this number already", number);
  to_hash_.push_back(number);
  changed_.notify_all();
}

void LayerQueue::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

void LayerQueue::abandon() {
  const std::lock_guard lock(mutex_);
  abandoned_ = true;
  changed_.notify_all();
}

std::optional<wire::LayerOrder> LayerQueue::next_to_hash() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return abandoned_ || ended_ || !to_hash_.empty(); });
    if (abandoned_ || to_hash_.empty()) return std::nullopt;
    Item& item = items_.at(to_hash_.front());
    to_hash_.pop_front();
    if (item.state != State::waiting) continue;  // it failed with the layer beneath
    item.state = State::hashing;
    return item.order;
  }
}

void LayerQueue::hashed(std::uint64_t number, AdoptedLayer layer) {
  const std::lock_guard lock(mutex_);
  Item& item = items_.at(number);
  item.layer = std::move(layer);
  item.state = State::hashed;
  changed_.notify_all();
}

void LayerQueue::failed(std::uint64_t number, Error error) {
  const std::lock_guard lock(mutex_);
  fail(items_.at(number), std::move(error));
  changed_.notify_all();
}

void LayerQueue::published(std::uint64_t number, const std::string& chain_id) {
  const std::lock_guard lock(mutex_);
  Item& item = items_.at(number);
  item.chain_id = chain_id;
  item.state = State::published;
}

void LayerQueue::fail(Item& item, Error error) {
  item.error = std::move(error);
  item.state = State::failed;
}

LayerQueue::Batch LayerQueue::next_batch() {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (abandoned_) return {};
    Batch batch = collect();
    if (!batch.is_empty() || all_settled()) return batch;
    changed_.wait(lock);
  }
}

bool LayerQueue::all_settled() const {
  return ended_ && std::all_of(items_.begin(), items_.end(), [](const auto& row) {
           return row.second.state == State::published || row.second.state == State::told;
         });
}

// @return whether anything changed with the item
bool LayerQueue::take(Item& item, Batch& batch) {
  if (item.state == State::failed) {
    batch.failed.push_back({item.order.number, *item.error});
    item.state = State::told;
    return true;
  }
  if (item.state != State::waiting && item.state != State::hashed) return false;
  if (const auto parent_number = item.order.parent_number) {
    const auto found = items_.find(*parent_number);
    if (found == items_.end()) {
      if (ended_)
        fail(item, Error(ErrorKind::invalid, format("layer order {}: the order {} beneath it was never given",
                                                    item.order.number, *parent_number)));
      return ended_;
    }
    const Item& parent = found->second;
    if (parent.state == State::failed || parent.state == State::told) {
      Error error = *parent.error;
      if (error.context().empty() || !error.context().back().starts_with("the layer beneath"))
        error.add_context("the layer beneath could not be made");
      fail(item, std::move(error));
      return true;
    }
    if (parent.state != State::taken && parent.state != State::published) return false;
    item.order.parent = parent.chain_id;
  }
  if (item.state != State::hashed) return false;
  item.chain_id = chain_id(item.order.parent, item.layer.diff_id);
  item.state = State::taken;
  batch.ready.push_back({item.order, item.layer, item.chain_id});
  return true;
}

LayerQueue::Batch LayerQueue::collect() {
  Batch batch;
  for (bool changed = true; changed;) {
    changed = false;
    for (auto& [number, item] : items_)
      while (take(item, batch)) changed = true;
  }
  const auto works = [](const auto& row) {
    return row.second.state == State::waiting || row.second.state == State::hashing;
  };
  if (!ended_ || !batch.is_empty() || std::any_of(items_.begin(), items_.end(), works)) return batch;
  for (auto& [number, item] : items_)
    if (item.state == State::hashed) {
      fail(item, Error(ErrorKind::invalid, format("layer order {}: it waits for itself", number)));
      take(item, batch);
    }
  return batch;
}

}  // namespace lichen::image
