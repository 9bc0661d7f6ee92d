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

Json order_json(const LayerOrder& order) {
  Json json{
      {"number", order.number}, {"directory", order.directory}, {"parent", order.parent}, {"created", order.created}};
  if (order.parent_number) json["parent_number"] = *order.parent_number;
  if (order.latest_time) json["latest_time"] = *order.latest_time;
  return Json{{"layer", std::move(json)}};
}

Json order_json(const ImageOrder& order) {
  Json json{{"number", order.number},
            {"config_text", order.config_text},
            {"chain_ids", order.chain_ids},
            {"references", order.references}};
  if (order.manifest_text) json["manifest_text"] = *order.manifest_text;
  return Json{{"image", std::move(json)}};
}

Json answer_json(const LayerAnswer& answer) {
  if (answer.error) return Json{{"layer", {{"number", answer.number}, {"error", error_json(*answer.error)}}}};
  return Json{{"layer",
               {{"number", answer.number},
                {"chain_id", answer.chain_id},
                {"diff_id", answer.diff_id},
                {"tar_size", answer.tar_size},
                {"disk_size", answer.disk_size},
                {"was_there", answer.was_there}}}};
}

Json answer_json(const ImageAnswer& answer) {
  if (answer.error) return Json{{"image", {{"number", answer.number}, {"error", error_json(*answer.error)}}}};
  return Json{{"image", {{"number", answer.number}, {"image", answer.image}}}};
}

LayerOrder read_layer_order(const JsonView& view) {
  LayerOrder order;
  order.number = view.at("number").as_uint();
  order.directory = view.get_string("directory");
  order.parent = view.get_string("parent");
  if (view.has("parent_number")) order.parent_number = view.at("parent_number").as_uint();
  order.created = view.get_string("created");
  order.latest_time = view.find_int("latest_time");
  return order;
}

ImageOrder read_image_order(const JsonView& view) {
  return {view.at("number").as_uint(), view.get_string("config_text"), view.get_strings("chain_ids"),
          view.get_strings("references"), view.find_string("manifest_text")};
}

LayerAnswer read_layer_answer(const JsonView& view) {
  return {view.at("number").as_uint(),
          view.get_string("chain_id"),
          view.get_string("diff_id"),
          view.get_int("tar_size"),
          view.get_int("disk_size"),
          view.get_bool("was_there"),
          read_error(view)};
}

}  // namespace

ServiceError to_service_error(const Error& error) {
  return {std::string(to_string(error.kind())), error.what(), error.hint()};
}

void throw_service_error(const ServiceError& error) {
  Error thrown(error_kind_from_string(error.kind), error.message);
  throw Error(thrown.with_hint(error.hint));
}

Json to_json(const ServiceOrder& order) {
  return std::visit([](const auto& one) { return order_json(one); }, order);
}

Json to_json(const ServiceAnswer& answer) {
  return std::visit([](const auto& one) { return answer_json(one); }, answer);
}

ServiceOrder service_order_from_json(const Json& json) {
  const JsonView view(json, "order:");
  if (view.has("layer")) return read_layer_order(view.at("layer"));
  if (view.has("image")) return read_image_order(view.at("image"));
  throw_error(ErrorKind::invalid, "order: neither a layer nor an image");
}

ServiceAnswer service_answer_from_json(const Json& json) {
  const JsonView view(json, "answer of lichen-image:");
  if (const auto error = read_error(view)) throw_service_error(*error);
  if (view.has("layer")) return read_layer_answer(view.at("layer"));
  if (!view.has("image")) throw_error(ErrorKind::invalid, "answer of lichen-image: neither a layer nor an image");
  const auto image = view.at("image");
  return ImageAnswer{image.at("number").as_uint(), image.get_string("image"), read_error(image)};
}

}  // namespace lichen::wire
