// How a build hands its layers to lichen-image, which stays beside it for as long as it lasts.
//
//   argv     lichen-image layers --request FD      FD: ImageRequest of image_cli.hh (root, run, boot_id, debug)
//   stdin    orders, one JSON line each            {"layer": LayerOrder}
//   stdout   answers, one JSON line each           {"layer": LayerAnswer}, in any order
//            {"error": {"kind","message","hint"}}  instead: the service itself cannot go on; the last line, status 1
//   end      when stdin has ended and every order is answered, with status 0 even if some orders failed
//
// A layer order takes over a directory below staging/ that holds `diff/`, as overlayfs wrote it, and nothing else; it
// becomes layers/<chain-id> by a rename. Until the answer nobody writes in it. The maker's lock on the directory goes
// with the rename and keeps `rmi` away from a layer that no image uses yet. It is exclusive, so the maker turns it into
// a shared one when the answer comes, before it makes an image of that layer or lets another process use it, and
// drops it when the image is there (flock(2): LOCK_SH on the same descriptor). Of a layer that was there already the
// service itself holds a shared lock until it ends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "libpod/base/error.hh"
#include "libpod/base/json.hh"

namespace lichen::wire {

struct LayerOrder {
  std::uint64_t number = 0;                    // chosen by who orders, unique in the life of the service
  std::string directory;                       // <root>/staging/<name>
  std::string parent;                          // chain id of the layer beneath; empty: none, or it is parent_number
  std::optional<std::uint64_t> parent_number;  // the layer beneath is that of this order, which may come later
  std::string created;                         // RFC 3339, for the layer's record; empty: now
  std::optional<std::int64_t> latest_time;     // seconds; files newer than it get it, in the tar and on disk
};

/// Why an order failed: the parts of a lichen::Error.
struct ServiceError {
  std::string kind, message, hint;
};
ServiceError to_service_error(const Error& error);
[[noreturn]] void throw_service_error(const ServiceError& error);

struct LayerAnswer {
  std::uint64_t number = 0;
  std::string chain_id;               // 64 hex digits
  std::string diff_id;                // sha256:...
  std::int64_t tar_size = 0;          // bytes
  std::int64_t disk_size = 0;         // bytes
  bool was_there = false;             // the store had this layer: the directory stays where it is, the maker removes it
  std::optional<ServiceError> error;  // then nothing else is set, and the directory stays where it is
};

Json to_json(const LayerOrder& order);
Json to_json(const LayerAnswer& answer);
/// @throws Error{invalid} not an order
LayerOrder layer_order_from_json(const Json& json);
/// @throws Error{invalid} not an answer; what the service reports when it cannot go on
LayerAnswer layer_answer_from_json(const Json& json);

}  // namespace lichen::wire
