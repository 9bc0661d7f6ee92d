#include "libpod/wire/fetch_url.hh"

namespace lichen::wire {

Json to_json(const FetchOrder& order) {
  return Json{{"url", order.url},
              {"credentials", order.credentials},
              {"authorization", order.authorization},
              {"output", order.output},
              {"checksum", order.checksum},
              {"etag", order.etag},
              {"last_modified", order.last_modified},
              {"max_size", order.max_size}};
}

FetchOrder fetch_order_from_json(const Json& json) {
  const JsonView view(json, "fetch:");
  FetchOrder order;
  order.url = view.get_string("url");
  order.credentials = view.get_string("credentials");
  order.authorization = view.get_string("authorization");
  order.output = view.get_string("output");
  order.checksum = view.get_string("checksum");
  order.etag = view.get_string("etag");
  order.last_modified = view.get_string("last_modified");
  order.max_size = static_cast<std::uint64_t>(view.get_int("max_size"));
  return order;
}

Json to_json(const FetchAnswer& answer) {
  return Json{{"is_unchanged", answer.is_unchanged},
              {"digest", answer.digest},
              {"etag", answer.etag},
              {"last_modified", answer.last_modified},
              {"modified", answer.modified},
              {"name", answer.name},
              {"size", answer.size}};
}

FetchAnswer fetch_answer_from_json(const Json& json) {
  const JsonView view(json, "fetched:");
  FetchAnswer answer;
  answer.is_unchanged = view.get_bool("is_unchanged");
  answer.digest = view.get_string("digest");
  answer.etag = view.get_string("etag");
  answer.last_modified = view.get_string("last_modified");
  answer.modified = view.get_int("modified", -1);
  answer.name = view.get_string("name");
  answer.size = static_cast<std::uint64_t>(view.get_int("size"));
  return answer;
}

}  // namespace lichen::wire
