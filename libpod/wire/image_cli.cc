#include "libpod/wire/image_cli.hh"

namespace lichen::wire {

Json to_json(const ImageRequest& r) {
  Json json{{"root", r.root},
            {"run", r.run},
            {"boot_id", r.boot_id},
            {"quiet", r.quiet},
            {"debug", r.debug},
            {"home", r.home},
            {"xdg_config_home", r.xdg_config_home},
            {"xdg_runtime_dir", r.xdg_runtime_dir},
            {"docker_config", r.docker_config},
            {"registry_auth_file", r.registry_auth_file},
            {"registries_conf", r.registries_conf},
            {"signature_policy", r.signature_policy},
            {"compression", r.compression},
            {"force_compression", r.force_compression},
            {"list_only", r.list_only},
            {"all_platforms", r.all_platforms},
            {"names", r.names},
            {"platform", r.platform},
            {"creds", r.creds},
            {"auth_file", r.auth_file},
            {"cert_dir", r.cert_dir},
            {"retries", r.retries},
            {"all_tags", r.all_tags},
            {"keep_blobs", r.keep_blobs},
            {"input", r.input},
            {"uid_map", r.uid_map},
            {"gid_map", r.gid_map},
            {"selected", r.selected},
            {"paths", r.paths},
            {"deleted", r.deleted},
            {"base", r.base},
            {"config", r.config},
            {"created_by", r.created_by},
            {"message", r.message},
            {"reference", r.reference},
            {"output", r.output},
            {"format", r.format},
            {"compress", r.compress},
            {"result_fd", r.result_fd},
            {"limit", r.limit},
            {"compat_auth_file", r.compat_auth_file},
            {"all_registries", r.all_registries},
            {"only_ask", r.only_ask}};
  if (r.tls_verify) json["tls_verify"] = *r.tls_verify;
  if (r.retry_delay_ms) json["retry_delay_ms"] = *r.retry_delay_ms;
  if (r.compression_level) json["compression_level"] = *r.compression_level;
  return json;
}

ImageRequest image_request_from_json(const Json& json) {
  const JsonView view(json, "request:");
  ImageRequest r;
  r.root = view.get_string("root");
  r.run = view.get_string("run");
  r.boot_id = view.get_string("boot_id");
  r.quiet = view.get_bool("quiet");
  r.debug = view.get_bool("debug");
  r.home = view.get_string("home");
  r.xdg_config_home = view.get_string("xdg_config_home");
  r.xdg_runtime_dir = view.get_string("xdg_runtime_dir");
  r.docker_config = view.get_string("docker_config");
  r.registry_auth_file = view.get_string("registry_auth_file");
  r.registries_conf = view.get_string("registries_conf");
  r.signature_policy = view.get_string("signature_policy");
  r.compression = view.get_string("compression");
  r.force_compression = view.get_bool("force_compression");
  r.list_only = view.get_bool("list_only");
  r.all_platforms = view.get_bool("all_platforms");
  r.retry_delay_ms = view.find_int("retry_delay_ms");
  if (const auto level = view.find_int("compression_level")) r.compression_level = static_cast<int>(*level);
  r.names = view.get_strings("names");
  r.platform = view.get_string("platform");
  if (view.has("tls_verify")) r.tls_verify = view.get_bool("tls_verify");
  r.creds = view.get_string("creds");
  r.auth_file = view.get_string("auth_file");
  r.cert_dir = view.get_string("cert_dir");
  r.retries = static_cast<int>(view.get_int("retries", 3));
  r.all_tags = view.get_bool("all_tags");
  r.keep_blobs = view.get_bool("keep_blobs");
  r.compat_auth_file = view.get_bool("compat_auth_file");
  r.all_registries = view.get_bool("all_registries");
  r.only_ask = view.get_bool("only_ask");
  r.input = view.get_string("input");
  r.uid_map = view.get_strings("uid_map");
  r.gid_map = view.get_strings("gid_map");
  r.selected = view.get_bool("selected");
  r.paths = view.get_strings("paths");
  r.deleted = view.get_strings("deleted");
  r.base = view.get_string("base");
  r.config = view.get_string("config");
  r.created_by = view.get_string("created_by");
  r.message = view.get_string("message");
  r.reference = view.get_string("reference");
  r.output = view.get_string("output");
  r.format = view.get_string("format");
  r.compress = view.get_bool("compress");
  r.result_fd = static_cast<int>(view.get_int("result_fd", 1));
  r.limit = view.get_int("limit", 25);
  return r;
}

Json to_json(const ImageResult& result) {
  Json images = Json::array();
  for (const auto& image : result.images)
    images.push_back(Json{{"id", image.id},
                          {"name", image.name},
                          {"digest", image.digest},
                          {"fetched", image.fetched},
                          {"size", image.size}});
  Json found = Json::array();
  for (const auto& one : result.found)
    found.push_back(Json{{"registry", one.registry},
                         {"name", one.name},
                         {"description", one.description},
                         {"tag", one.tag},
                         {"stars", one.stars},
                         {"official", one.official},
                         {"automated", one.automated}});
  Json json{{"images", std::move(images)}, {"found", std::move(found)}};
  if (!result.documents.empty()) json["documents"] = result.documents;
  return json;
}

ImageResult image_result_from_json(const Json& json) {
  ImageResult result;
  for (const auto& item : JsonView(json, "result:").at("images").as_array())
    result.images.push_back({item.get_string("id"), item.get_string("name"), item.get_string("digest"),
                             item.get_bool("fetched"), item.get_int("size")});
  for (const auto& item : JsonView(json, "result:").at("found").as_array())
    result.found.push_back({item.get_string("registry"), item.get_string("name"), item.get_string("description"),
                            item.get_string("tag"), item.get_int("stars"), item.get_bool("official"),
                            item.get_bool("automated")});
  for (const auto& item : JsonView(json, "result:").at("documents").as_array()) result.documents.push_back(item.raw());
  return result;
}

}  // namespace lichen::wire
