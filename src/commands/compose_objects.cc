// compose images, volumes, push: what else belongs to a project.
#include <algorithm>
#include <set>

#include "compose/labels.hh"
#include "compose/service_image.hh"
#include "compose/up.hh"
#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/log.hh"
#include "libpod/engine/display.hh"
#include "libpod/engine/image_list.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/volumes.hh"
#include "libpod/spec/reference.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/compose_containers.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/session.hh"

namespace lichen::cli {
namespace {

constexpr Column kImageColumns[] = {
    {"ContainerName", "CONTAINER"}, {"Repository", "REPOSITORY"}, {"Tag", "TAG"},       {"Platform", "PLATFORM"},
    {"ShortID", "IMAGE ID"},        {"SizeText", "SIZE"},         {"Since", "CREATED"},
};
constexpr std::string_view kImages =
    "table {{.ContainerName}}\\t{{.Repository}}\\t{{.Tag}}\\t{{.Platform}}\\t{{.ShortID}}\\t{{.SizeText}}\\t{{.Since}}";

std::string platform_of(const Json& image) {
  const std::string variant = image.value("Variant", "");
  return format("{}/{}{}{}", image.at("Os").get<std::string>(), image.at("Architecture").get<std::string>(),
                variant.empty() ? "" : "/", variant);
}

// Names as the container asked for its image, docker compose's members in its order.
Json image_row(engine::Engine& engine, const compose::ProjectContainer& container) {
  const auto& config = container.summary.config;
  const Json image = engine::inspect_image(engine, config.image_id);
  std::string repository, tag;
  if (!config.image_name.empty() && !config.image_id.starts_with(config.image_name)) {
    const auto full = spec::with_defaults(spec::parse_reference(config.image_name));
    repository = engine::familiar_repository({full.host, full.repository, full.tag});
    tag = full.tag;
  }
  return {{"ID", "sha256:" + config.image_id}, {"ContainerName", container.name()},
          {"Repository", repository},          {"Tag", tag},
          {"Platform", platform_of(image)},    {"Size", image.at("Size")},
          {"Created", image.at("Created")},    {"LastTagTime", image.at("Metadata").at("LastTagTime")}};
}

std::vector<Json> table_rows(const std::vector<Json>& images) {
  std::vector<Json> rows;
  for (Json row : images) {
    const auto or_none = [](const Json& text) { return text == "" ? Json("<none>") : text; };
    row["Repository"] = or_none(row["Repository"]);
    row["Tag"] = or_none(row["Tag"]);
    row["ShortID"] = short_id(row["ID"].get<std::string>().substr(7));
    row["SizeText"] = engine::size_text(row["Size"]);
    row["Since"] = engine::time_since(row["Created"].get<std::string>(), now());
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

int compose_images_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto found = find_project(context, *engine);
  const auto containers = containers_of(*engine, found, args.positionals(), OneOffs::with);
  if (args.get_bool("quiet")) {
    std::set<std::string> seen;
    for (const auto& container : containers)
      if (seen.insert(container.summary.config.image_id).second) write_out(container.summary.config.image_id + "\n");
    return kExitOk;
  }
  std::vector<Json> images;
  for (const auto& container : containers) {
    if (container.summary.config.image_id.empty()) continue;  // of --rootfs
    images.push_back(image_row(*engine, container));
  }
  if (args.get_string("format") == "json")
    write_out(dump_json(Json(images)) + "\n");
  else
    write_out(render_list(table_rows(images), {kImageColumns, kImages}, ""));
  return kExitOk;
}

int compose_volumes_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto found = find_project(context, *engine);
  auto rows = engine::list_volumes(*engine, {format("label={}={}", compose::label::kProject, found.name)},
                                   report_damaged("volume"));
  if (args.positionals().empty()) return show_volumes(args, rows);
  std::set<std::string> used;
  for (const auto& container : containers_of(*engine, found, args.positionals(), OneOffs::with))
    for (const auto& mount : container.summary.config.mounts)
      if (mount.type == spec::MountType::volume) used.insert(mount.source);
  std::erase_if(rows, [&](const Json& row) { return !used.contains(row.at("Name").get<std::string>()); });
  return show_volumes(args, rows);
}

int compose_push_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto project = load_images(context, *engine, args.positionals());
  const auto chosen = compose::chosen_services(project, args.positionals(), !args.get_bool("include-deps"));
  const auto view = make_view(context, args.get_bool("quiet"));
  compose::push_images(*engine, project, chosen, {.ignore_failures = args.get_bool("ignore-push-failures")}, *view,
                       parallel_limit(context, *engine));
  return kExitOk;
}

}  // namespace lichen::cli
