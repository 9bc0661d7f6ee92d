// ps, images, history, volume ls: docker's tables.
#include <chrono>
#include <thread>

#include "libpod/engine/container_list.hh"
#include "libpod/engine/image_list.hh"
#include "libpod/engine/image_lookup.hh"
#include "libpod/engine/networks.hh"
#include "libpod/engine/volumes.hh"
#include "src/arg_parser.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/session.hh"

namespace lichen::cli {
namespace {

constexpr Column kContainerColumns[] = {
    {"CGROUPNS", "CGROUPNS"},
    {"ExitCode", "EXIT CODE"},
    {"HealthStatus", "HEALTH"},
    {"IPC", "IPC"},
    {"MNT", "MNT"},
    {"NET", "NET"},
    {"PIDNS", "PIDNS"},
    {"Platform", "PLATFORM"},
    {"USERNS", "USERNS"},
    {"UTS", "UTS"},
    {"Command", "COMMAND"},
    {"CreatedAt", "CREATED AT"},
    {"CreatedHuman", "CREATED"},
    {"ID", "CONTAINER ID"},
    {"Image", "IMAGE"},
    {"ImageID", "IMAGE ID"},
    {"Labels", "LABELS"},
    {"LocalVolumes", "LOCAL VOLUMES"},
    {"Mounts", "MOUNTS"},
    {"Names", "NAMES"},
    {"Networks", "NETWORKS"},
    {"Pid", "PID"},
    {"Pod", "POD ID"},
    {"PodName", "PODNAME"},
    {"Ports", "PORTS"},
    {"Restarts", "RESTARTS"},
    {"RunningFor", "CREATED"},
    {"Size", "SIZE"},
    {"State", "STATE"},
    {"Status", "STATUS"},
};
constexpr std::string_view kContainers =
    "table {{.ID}}\\t{{.Image}}\\t{{.Command}}\\t{{.RunningFor}}\\t{{.Status}}\\t{{.Ports}}\\t{{.Names}}";
constexpr std::string_view kContainersWithSize =
    "table {{.ID}}\\t{{.Image}}\\t{{.Command}}\\t{{.RunningFor}}\\t{{.Status}}\\t{{.Ports}}\\t{{.Names}}\\t{{.Size}}";

constexpr std::string_view kNamespaces =
    "table "
    "{{.ID}}\\t{{.Names}}\\t{{.Pid}}\\t{{.CGROUPNS}}\\t{{.IPC}}\\t{{.MNT}}\\t{{.NET}}\\t{{.PIDNS}}\\t{{.USERNS}}\\t"
    "{{.UTS}}";

constexpr Column kImageColumns[] = {
    {"Containers", "CONTAINERS"},
    {"CreatedAt", "CREATED AT"},
    {"CreatedSince", "CREATED"},
    {"Created", "CREATED"},
    {"Digest", "DIGEST"},
    {"ID", "IMAGE ID"},
    {"Repository", "REPOSITORY"},
    {"SharedSize", "SHARED SIZE"},
    {"Size", "SIZE"},
    {"Tag", "TAG"},
    {"UniqueSize", "UNIQUE SIZE"},
    {"VirtualSize", "SIZE"},
};
constexpr std::string_view kImages = "table {{.Repository}}\\t{{.Tag}}\\t{{.ID}}\\t{{.CreatedSince}}\\t{{.Size}}";
constexpr std::string_view kImagesWithDigests =
    "table {{.Repository}}\\t{{.Tag}}\\t{{.Digest}}\\t{{.ID}}\\t{{.CreatedSince}}\\t{{.Size}}";

constexpr Column kHistoryColumns[] = {
    {"Comment", "COMMENT"},
    {"CreatedAt", "CREATED AT"},
    {"CreatedBy", "CREATED BY"},
    {"CreatedSince", "CREATED"},
    {"ID", "IMAGE"},
    {"Size", "SIZE"},
};
constexpr std::string_view kHistory = "table {{.ID}}\\t{{.CreatedSince}}\\t{{.CreatedBy}}\\t{{.Size}}\\t{{.Comment}}";

constexpr Column kVolumeColumns[] = {
    {"Availability", "AVAILABILITY"},
    {"Driver", "DRIVER"},
    {"Group", "GROUP"},
    {"Labels", "LABELS"},
    {"Links", "LINKS"},
    {"Mountpoint", "MOUNTPOINT"},
    {"Name", "VOLUME NAME"},
    {"Scope", "SCOPE"},
    {"Size", "SIZE"},
    {"Status", "STATUS"},
};
constexpr std::string_view kVolumes = "table {{.Driver}}\\t{{.Name}}";

constexpr Column kNetworkColumns[] = {
    {"CreatedAt", "CREATED AT"}, {"Driver", "DRIVER"}, {"ID", "NETWORK ID"}, {"IPv4", "IPV4"},   {"IPv6", "IPV6"},
    {"Internal", "INTERNAL"},    {"Labels", "LABELS"}, {"Name", "NAME"},     {"Scope", "SCOPE"},
};
constexpr std::string_view kNetworks = "table {{.ID}}\\t{{.Name}}\\t{{.Driver}}\\t{{.Scope}}";

// Docker: --quiet counts only where the format is a table of ours.
int print_rows(const ParsedArgs& args, const std::vector<Json>& rows, const ListView& view,
               std::string_view quiet_format) {
  std::string format_text = args.get_string("format");
  if (args.get_bool("quiet") && (format_text.empty() || format_text == "table")) format_text = quiet_format;
  if (format_text == "table") format_text.clear();
  const bool no_heading = find_option(args.command(), "noheading") != nullptr && args.get_bool("noheading");
  write_out(render_list(rows, view, format_text, no_heading));
  return kExitOk;
}

// Docker's tree: an image, beneath it its platforms; here always one.
std::string tree_text(const std::vector<Json>& images) {
  std::string text = "IMAGE\tID\tDISK USAGE\tCONTENT SIZE\tEXTRA\n";
  for (const auto& image : images) {
    const auto names = image["Names"].get<std::vector<std::string>>();
    const auto cells = [](const Json& row) {
      return format("{}\t{}\t{}\t{}\n", row["ID"].get<std::string>(), row["DiskUsage"].get<std::string>(),
                    row["ContentSize"].get<std::string>(), row["InUse"].get<bool>() ? "U" : "");
    };
    text += (names.empty() ? "<untagged>" : names[0]) + "\t" + cells(image);
    for (std::size_t i = 1; i < names.size(); ++i) text += names[i] + "\t\t\t\t\n";
    const auto& platforms = image["Platforms"];
    for (std::size_t i = 0; i < platforms.size(); ++i)
      text += (i + 1 < platforms.size() ? "├─ " : "└─ ") + platforms[i]["Platform"].get<std::string>() + "\t" +
              cells(platforms[i]);
  }
  return align_columns(text);
}

}  // namespace

int ps_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  engine::ContainerListRequest request;
  request.all = args.get_bool("all");
  request.last = args.get_bool("latest") ? 1 : args.get_int("last");
  request.size = args.get_bool("size");
  request.no_trunc = args.get_bool("no-trunc");
  request.filters = args.get_list("filter");
  request.sort = args.get_string("sort");
  const std::string format_text = args.get_string("format");
  request.namespaces = args.get_bool("ns");
  const bool with_pods = args.get_bool("pod");
  request.brief = (format_text.empty() || format_text == "table") && !request.namespaces && !with_pods;
  if (request.namespaces && request.size) throw_usage(args.command(), "--ns and --size exclude each other");
  std::string table(request.namespaces ? kNamespaces : request.size ? kContainersWithSize : kContainers);
  if (with_pods) table += "\\t{{.Pod}}\\t{{.PodName}}";
  const ListView view{kContainerColumns, table};
  const auto watch = args.find_int("watch");
  if (watch && *watch < 1) throw_usage(args.command(), "--watch: at least one second");
  for (;;) {
    const auto containers = engine::list_containers(*engine, request, report_damaged("container"));
    // Home and wipe, as stats does.
    if (watch && context.terminal.stdout_is_terminal) write_out("\x1b[H\x1b[J");
    print_rows(args, engine::container_rows(*engine, containers, request), view, "{{.ID}}");
    if (!watch) return kExitOk;
    std::this_thread::sleep_for(std::chrono::seconds(*watch));
  }
}

int images_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  engine::ImageListRequest request;
  if (!args.positionals().empty()) request.reference = args.positionals()[0];
  request.filters = args.get_list("filter");
  request.sort = args.get_string("sort");
  request.digests = args.get_bool("digests");
  request.no_trunc = args.get_bool("no-trunc");
  if (args.get_bool("tree")) {
    if (args.get_bool("quiet") || args.get_bool("digests") || args.has("format"))
      throw_usage(args.command(), "--tree does not go together with --quiet, --digests or --format");
    write_out(tree_text(engine::image_tree(*engine, request, report_damaged("image"))));
    return kExitOk;
  }
  const auto rows = engine::list_images(*engine, request, report_damaged("image"));
  return print_rows(args, rows, {kImageColumns, request.digests ? kImagesWithDigests : kImages}, "{{.ID}}");
}

int history_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto image = engine::require_platform(*engine, args.positionals()[0], args.get_string("platform"));
  const auto rows = engine::image_history(*engine, image, args.get_bool("no-trunc"), args.get_bool("human"));
  return print_rows(args, rows, {kHistoryColumns, kHistory}, "{{.ID}}");
}

int show_volumes(const ParsedArgs& args, const std::vector<Json>& rows) {
  return print_rows(args, rows, {kVolumeColumns, kVolumes}, "{{.Name}}");
}

int volume_ls_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  return show_volumes(args, engine::list_volumes(*engine, args.get_list("filter"), report_damaged("volume")));
}

int network_ls_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  auto rows = engine::list_networks(*engine, args.get_list("filter"), report_damaged("network"));
  if (args.get_bool("no-trunc"))
    for (auto& row : rows) row["ID"] = row["FullID"];
  return print_rows(args, rows, {kNetworkColumns, kNetworks}, "{{.ID}}");
}

}  // namespace lichen::cli
