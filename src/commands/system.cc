// system df and system prune: the store as a whole.
#include "buildah/prune.hh"
#include "libpod/base/error.hh"
#include "libpod/engine/image_remove.hh"
#include "libpod/engine/remove.hh"
#include "libpod/engine/store_usage.hh"
#include "libpod/engine/volumes.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/session.hh"

namespace lichen::cli {
namespace {

constexpr Column kSummary[] = {
    {"Active", "ACTIVE"},    {"RawReclaimable", "RAW RECLAIMABLE"},
    {"RawSize", "RAW SIZE"}, {"Reclaimable", "RECLAIMABLE"},
    {"Size", "SIZE"},        {"Total", "TOTAL"},
    {"TotalCount", "TOTAL"}, {"Type", "TYPE"},
};
constexpr std::string_view kSummaryTable =
    "table {{.Type}}\\t{{.TotalCount}}\\t{{.Active}}\\t{{.Size}}\\t{{.Reclaimable}}";

constexpr Column kImages[] = {
    {"Repository", "REPOSITORY"},
    {"Tag", "TAG"},
    {"ID", "IMAGE ID"},
    {"CreatedSince", "CREATED"},
    {"Size", "SIZE"},
    {"SharedSize", "SHARED SIZE"},
    {"UniqueSize", "UNIQUE SIZE"},
    {"Containers", "CONTAINERS"},
};
constexpr std::string_view kImagesTable =
    "table {{.Repository}}\\t{{.Tag}}\\t{{.ID}}\\t{{.CreatedSince}}\\t{{.Size}}\\t{{.SharedSize}}\\t{{.UniqueSize}}\\t"
    "{{.Containers}}";
constexpr Column kContainers[] = {
    {"ID", "CONTAINER ID"}, {"Image", "IMAGE"},        {"Command", "COMMAND"}, {"LocalVolumes", "LOCAL VOLUMES"},
    {"Size", "SIZE"},       {"RunningFor", "CREATED"}, {"Status", "STATUS"},   {"Names", "NAMES"},
};
constexpr std::string_view kContainersTable =
    "table "
    "{{.ID}}\\t{{.Image}}\\t{{.Command}}\\t{{.LocalVolumes}}\\t{{.Size}}\\t{{.RunningFor}}\\t{{.Status}}\\t{{.Names}}";
constexpr Column kVolumes[] = {{"Name", "VOLUME NAME"}, {"Links", "LINKS"}, {"Size", "SIZE"}};
constexpr std::string_view kVolumesTable = "table {{.Name}}\\t{{.Links}}\\t{{.Size}}";
constexpr Column kBuildCache[] = {
    {"ID", "CACHE ID"},
    {"CacheType", "CACHE TYPE"},
    {"Size", "SIZE"},
    {"CreatedSince", "CREATED"},
    {"LastUsedSince", "LAST USED"},
    {"UsageCount", "USAGE"},
    {"Shared", "SHARED"},
    {"InUse", "IN USE"},
};
constexpr std::string_view kBuildCacheTable =
    "table "
    "{{.ID}}\\t{{.CacheType}}\\t{{.Size}}\\t{{.CreatedSince}}\\t{{.LastUsedSince}}\\t{{.UsageCount}}\\t{{.Shared}}";

std::string verbose_text(const engine::StoreUsage& usage) {
  std::string text = "Images space usage:\n\n" + render_list(usage.images, {kImages, kImagesTable}, "");
  text += "\nContainers space usage:\n\n" + render_list(usage.containers, {kContainers, kContainersTable}, "");
  text += "\nLocal Volumes space usage:\n\n" + render_list(usage.volumes, {kVolumes, kVolumesTable}, "");
  for (const auto& row : usage.summary)
    if (row["Type"] == "Build Cache") text += format("\nBuild cache usage: {}\n\n", row["Size"].get<std::string>());
  if (!usage.build_cache.empty()) text += render_list(usage.build_cache, {kBuildCache, kBuildCacheTable}, "") + "\n";
  for (const auto& row : usage.summary)
    if (row["Type"] == "Staging" || row["Type"] == "Cache" || row["Type"] == "Other")
      text += format("{} usage: {}\n", row["Type"].get<std::string>(), row["Size"].get<std::string>());
  return text;
}

std::string section(const std::string& title, const std::vector<std::string>& lines) {
  if (lines.empty()) return "";
  std::string text = "Deleted " + title + ":\n";
  for (const auto& line : lines) text += line + "\n";
  return text + "\n";
}

std::string prune_warning(bool all, bool volumes, const std::vector<std::string>& filters) {
  std::string text = "This will remove:\n  - all stopped containers\n";
  if (volumes) text += "  - all anonymous volumes not used by at least one container\n";
  text += all ? "  - all images without at least one container associated to them\n" : "  - all dangling images\n";
  text += all ? "  - all build cache\n" : "  - unused build cache\n";
  if (!filters.empty()) {
    text += "\n  Items to be pruned will be filtered with:\n";
    for (const auto& filter : filters) text += "  - " + filter + "\n";
  }
  return text;
}

}  // namespace

int system_df_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const bool verbose = args.get_bool("verbose");
  const std::string format_text = args.get_string("format");
  const auto usage = engine::measure_store(*engine, verbose, report_damaged("image"));
  if (!verbose)
    write_out(render_list(usage.summary, {kSummary, kSummaryTable}, format_text == "table" ? "" : format_text));
  else if (format_text.empty() || format_text == "table")
    write_out(verbose_text(usage));
  else
    write_out(render_object(Json{{"Images", usage.images},
                                 {"Containers", usage.containers},
                                 {"Volumes", usage.volumes},
                                 {"BuildCache", usage.build_cache}},
                            format_text));
  return kExitOk;
}

int system_prune_command(Context& context, const ParsedArgs& args) {
  const bool all = args.get_bool("all"), volumes = args.get_bool("volumes");
  const auto filters = args.get_list("filter");
  engine::check_prune_filters(filters);  // before anything goes
  if (!confirmed(args, prune_warning(all, volumes, filters))) return kExitOk;
  const auto engine = open_engine(context);
  const auto containers = engine::prune_containers(*engine, filters);
  std::string text = section("Containers", containers.ids);
  std::int64_t bytes = containers.bytes;
  if (volumes) {
    const auto done = engine::prune_volumes(*engine, /*all=*/false, filters);
    text += section("Volumes", done.removed);
    bytes += done.bytes;
  }
  const auto images = engine::prune_images(*engine, {.all = all, .filters = filters});
  std::vector<std::string> lines;
  for (const auto& name : images.untagged) lines.push_back("untagged: " + name);
  for (const auto& digest : images.deleted) lines.push_back("deleted: " + digest);
  text += section("Images", lines);
  bytes += images.bytes;
  if (filters.empty()) {  // last: what only images had is unused now
    const auto cache = buildah::prune_build_cache(*engine, {.all = all});
    text += section("build cache objects", cache.layers);
    bytes += cache.bytes;
  }
  write_out(text + reclaimed_line(bytes));
  return kExitOk;
}

}  // namespace lichen::cli
