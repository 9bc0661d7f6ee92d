// `lichen-image fetch`: a file from an http or https URL. The order travels as JSON in ImageRequest::config
// (image_cli.hh), as it may hold a password; the answer is ImageResult::documents[0].
#pragma once

#include <cstdint>
#include <string>

#include "libpod/base/json.hh"

namespace lichen::wire {

struct FetchOrder {
  std::string url;            // without user and password
  std::string credentials;    // "user:password" for basic authorization; only for the URL's own server
  std::string authorization;  // or the value of that header as it is; only there too
  std::string output;         // the file to make; it must not be there
  std::string checksum;       // "sha256:HEX" (or 384, 512) of what must come; empty: anything
  /// Validators of what is known already: when the server says that it is unchanged nothing is fetched.
  std::string etag, last_modified;
  std::uint64_t max_size = 0;  // bytes; 0: as many as the disk holds
};
Json to_json(const FetchOrder& order);
FetchOrder fetch_order_from_json(const Json& json);

struct FetchAnswer {
  bool is_unchanged = false;  // nothing was fetched; no member below counts
  std::string digest;         // of the content: by the algorithm of the checksum, else sha256
  std::string etag;           // empty: none
  /// The server's words, to be sent back; empty when they are too coarse to tell one content from the next.
  std::string last_modified;
  std::int64_t modified = -1;  // the time they name, seconds since 1970; -1: none
  std::string name;            // of the file, as the server suggests; empty, or one that is safe in a directory
  std::uint64_t size = 0;
};
Json to_json(const FetchAnswer& answer);
FetchAnswer fetch_answer_from_json(const Json& json);

}  // namespace lichen::wire
