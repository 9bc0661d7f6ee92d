// image inspect and history; declared in image_list.hh.
#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/display.hh"
#include "libpod/engine/image_list.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/inspect_parts.hh"
#include "libpod/sys/fs.hh"

namespace lichen::engine {
namespace {

Json config_object(const spec::ImageConfig& config) {
  Json out;
  out["Hostname"] = "";
  out["Domainname"] = "";
  out["User"] = config.user;
  out["ExposedPorts"] = set_object(config.exposed_ports);
  out["Env"] = config.env;
  out["Cmd"] = list_or_null(config.cmd);
  if (config.healthcheck) out["Healthcheck"] = health_object(*config.healthcheck);
  out["ArgsEscaped"] = false;
  out["Image"] = "";
  out["Volumes"] = set_object(config.volumes);
  out["WorkingDir"] = config.working_dir;
  out["Entrypoint"] = list_or_null(config.entrypoint);
  out["OnBuild"] = list_or_null(config.on_build);
  out["Labels"] = string_map(config.labels);
  out["StopSignal"] = config.stop_signal;
  out["Shell"] = list_or_null(config.shell);
  return out;
}

Json layers_object(const Engine& engine, const store::ImageMeta& meta) {
  std::vector<std::string> lower;
  for (auto layer = meta.chain_ids.rbegin(); layer != meta.chain_ids.rend(); ++layer)
    lower.push_back(engine.paths.layer_diff(*layer));
  Json data = Json::object();
  if (lower.size() > 1) data["LowerDir"] = join(std::span(lower).subspan(1), ":");
  if (!lower.empty()) data["UpperDir"] = lower[0];
  return Json{{"Data", data}, {"Name", "overlay"}};
}

Json history_object(const spec::HistoryEntry& entry) {
  Json out;
  if (!entry.created.empty()) out["created"] = entry.created;
  if (!entry.created_by.empty()) out["created_by"] = entry.created_by;
  if (!entry.author.empty()) out["author"] = entry.author;
  if (!entry.comment.empty()) out["comment"] = entry.comment;
  if (entry.empty_layer) out["empty_layer"] = true;
  return out;
}

void add_manifest_members(Json& out, const Engine& engine, const std::string& id) {
  const auto text = engine.images.manifest_text(id);
  const Json json = text ? parse_json(*text, "manifest of image " + short_id(id)) : Json::object();
  out["Annotations"] = Json::object();
  for (const auto& [key, value] : JsonView(json, "manifest:").at("annotations").as_object())
    out["Annotations"][key] = value.as_string();
  out["ManifestType"] = JsonView(json, "").get_string("mediaType", "application/vnd.oci.image.manifest.v1+json");
}

void add_podman_members(Json& out, const Engine& engine, const store::ImageMeta& meta,
                        const spec::ImageConfig& config) {
  out["Digest"] = meta.manifest_digest.str();
  out["Labels"] = string_map(config.labels);
  add_manifest_members(out, engine, meta.id);
  out["User"] = config.user;
  Json history = Json::array();
  for (const auto& entry : config.history) history.push_back(history_object(entry));
  out["History"] = std::move(history);
  out["NamesHistory"] = out["RepoTags"];
  if (config.healthcheck) out["Healthcheck"] = health_object(*config.healthcheck);
}

}  // namespace

Json inspect_image(const Engine& engine, const std::string& text) {
  const std::string id = require_image(engine, text).id;
  const auto meta = engine.images.get(id);
  const auto config = engine.images.config(id);
  Json tags = Json::array();
  for (const auto& name : names_of_image(engine.images.refs(), id)) tags.push_back(familiar(name));
  Json digests = Json::array();
  for (const auto& digest : meta.repo_digests) digests.push_back(familiar_digest(digest));
  Json out;
  out["Id"] = "sha256:" + id;
  out["RepoTags"] = std::move(tags);
  out["RepoDigests"] = std::move(digests);
  out["Parent"] = "";
  out["Comment"] = config.history.empty() ? "" : config.history.back().comment;
  out["Created"] = config.created.empty() ? meta.created : config.created;
  out["Container"] = "";
  out["DockerVersion"] = "";
  out["Version"] = "";
  out["Author"] = config.author;
  out["Config"] = config_object(config);
  out["Architecture"] = config.architecture;
  out["Variant"] = config.variant;
  out["Os"] = config.os;
  out["OsVersion"] = "";
  out["Size"] = meta.size;
  out["VirtualSize"] = meta.size;
  out["GraphDriver"] = layers_object(engine, meta);
  Json layers = Json::array();
  for (const auto& digest : config.diff_ids) layers.push_back(digest.str());
  out["RootFS"] = Json{{"Type", "layers"}, {"Layers", std::move(layers)}};
  out["Metadata"] = Json{{"LastTagTime", meta.created}};
  add_podman_members(out, engine, meta, config);
  return out;
}

std::vector<Json> image_history(const Engine& engine, const std::string& text, bool no_trunc, bool human) {
  const std::string id = require_image(engine, text).id;
  const auto meta = engine.images.get(id);
  const auto config = engine.images.config(id);
  std::vector<spec::HistoryEntry> history = config.history;
  // An image without history (import of other tools) still has its layers.
  const auto filled = static_cast<std::size_t>(
      std::count_if(history.begin(), history.end(), [](const auto& entry) { return !entry.empty_layer; }));
  for (std::size_t i = filled; i < meta.chain_ids.size(); ++i)
    history.push_back({.created = config.created, .created_by = {}, .author = {}, .comment = {}});
  const Timestamp at = now();
  std::vector<Json> rows;
  std::size_t layer = 0;
  for (const auto& entry : history) {
    std::int64_t size = 0;
    if (!entry.empty_layer && layer < meta.chain_ids.size()) {
      const auto& chain_id = meta.chain_ids[layer++];
      if (engine.layers.has(chain_id)) size = engine.layers.get(chain_id).tar_size;
    }
    const std::string by = replace_all(entry.created_by, "\t", " ");
    Json row;
    row["Comment"] = entry.comment;
    row["CreatedAt"] = entry.created;
    row["CreatedBy"] = no_trunc ? by : ellipsis(by, 45);
    row["CreatedSince"] = human ? time_since(entry.created, at) : entry.created;
    row["ID"] = "<missing>";
    row["Size"] = human ? size_text(size) : std::to_string(size);
    rows.push_back(std::move(row));
  }
  std::reverse(rows.begin(), rows.end());
  if (!rows.empty()) rows[0]["ID"] = no_trunc ? "sha256:" + id : short_id(id);
  return rows;
}

}  // namespace lichen::engine
