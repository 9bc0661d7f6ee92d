#include "libpod/wire/layer_service.hh"

namespace lichen::wire {
namespace {

Json error_json(const ServiceError& error) {
  return Json{{"kind", error.kind}, {"message", error.message}, {"hint", error.hint}};
}

std::optional<ServiceError> read_error(const JsonView& view) {
  if (!view.has("error")) return std::nullopt;
  const auto error = view.at("error");
  return ServiceError{error.get_string("kind"), error.get_string("message"), error.get_string("hint")};
}

}  // namespace

ServiceError to_service_error(const Error& error) {
  return {std::string(to_string(error.kind())), error.what(), error.hint()};
}

void throw_service_error(const ServiceError& error) {
  Error thrown(error_kind_from_string(error.kind), error.message);
  throw Error(thrown.with_hint(error.hint));
}

Json to_json(const LayerOrder& order) {
  Json json{
      {"number", order.number}, {"directory", order.directory}, {"parent", order.parent}, {"created", order.created}};
  if (order.parent_number) json["parent_number"] = *order.parent_number;
  if (order.latest_time) json["latest_time"] = *order.latest_time;
  return Json{{"layer", std::move(json)}};
}

Json to_json(const LayerAnswer& answer) {
  if (answer.error) return Json{{"layer", {{"number", answer.number}, {"error", error_json(*answer.error)}}}};
  return Json{{"layer",
               {{"number", answer.number},
                {"chain_id", answer.chain_id},
                {"diff_id", answer.diff_id},
                {"tar_size", answer.tar_size},
                {"disk_size", answer.disk_size},
                {"was_there", answer.was_there}}}};
}

LayerOrder layer_order_from_json(const Json& json) {
  const JsonView view = JsonView(json, "order:").at("layer");
  LayerOrder order;
  order.number = view.at("number").as_uint();
  order.directory = view.get_string("directory");
  order.parent = view.get_string("parent");
  if (view.has("parent_number")) order.parent_number = view.at("parent_number").as_uint();
  order.created = view.get_string("created");
  order.latest_time = view.find_int("latest_time");
  return order;
}

LayerAnswer layer_answer_from_json(const Json& json) {
  const JsonView all(json, "answer of lichen-image:");
  if (const auto error = read_error(all)) throw_service_error(*error);
  const JsonView view = all.at("layer");
  return {view.at("number").as_uint(),
          view.get_string("chain_id"),
          view.get_string("diff_id"),
          view.get_int("tar_size"),
          view.get_int("disk_size"),
          view.get_bool("was_there"),
          read_error(view)};
}

}  // namespace lichen::wire
