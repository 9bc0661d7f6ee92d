// The key sequence that leaves a container running (ctrl-p ctrl-q): a pure filter over typed bytes.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace lichen::engine {

class DetachKeys {
 public:
  /// @param keys  the bytes of the sequence; empty = there is none, everything passes
  explicit DetachKeys(std::string keys) : keys_(std::move(keys)) {}

  struct Result {
    std::string pass;       // what the container gets now
    bool detached = false;  // the sequence is complete; bytes after it are dropped
  };
  /// What may be the beginning of the sequence is held back, over calls too, and passed on once it turns out not to be.
  Result feed(std::string_view typed);

  /// Input ended: what was held back was meant for the container.
  std::string finish() { return std::exchange(held_, {}); }

 private:
  std::string keys_;
  std::string held_;  // always a proper prefix of keys_
};

}  // namespace lichen::engine
