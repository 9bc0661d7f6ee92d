// pod ps and pod inspect.
#include "libpod/engine/pod_list.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/commands/pods.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/session.hh"

namespace lichen::cli {
namespace {

constexpr Column kColumns[] = {
    {"Cgroup", "CGROUP"},
    {"ContainerIds", "IDS"},
    {"ContainerNames", "NAMES"},
    {"ContainerStatuses", "STATUS"},
    {"Created", "CREATED"},
    {"ID", "POD ID"},
    {"Id", "POD ID"},
    {"InfraID", "INFRA ID"},
    {"InfraId", "INFRA ID"},
    {"Labels", "LABELS"},
    {"Name", "NAME"},
    {"Namespace", "NAMESPACES"},
    {"Networks", "NETWORKS"},
    {"Restarts", "RESTARTS"},
    {"Status", "STATUS"},
    {"NumberOfContainers", "# OF CONTAINERS"},
};

// podman: what is asked about containers stands in place of their number.
std::string default_format(const ParsedArgs& args) {
  std::string fields = "table {{.ID}}\\t{{.Name}}\\t{{.Status}}\\t{{.Created}}\\t{{.InfraID}}";
  bool any = false;
  for (const auto& [flag, field] :
       {std::pair{"ctr-ids", "ContainerIds"}, {"ctr-names", "ContainerNames"}, {"ctr-status", "ContainerStatuses"}}) {
    if (!args.get_bool(flag)) continue;
    fields += std::string("\\t{{.") + field + "}}";
    any = true;
  }
  if (!any) fields += "\\t{{.NumberOfContainers}}";
  if (args.get_bool("ns")) fields += "\\t{{.Namespace}}";
  return fields;
}

}  // namespace

int pod_ps_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  engine::PodListRequest request;
  request.filters = args.get_list("filter");
  request.sort = args.get_string("sort");
  auto pods = engine::list_pods(*engine, request, report_damaged("pod"));
  if (args.get_bool("latest") && pods.size() > 1) pods.resize(1);
  std::string format_text = args.get_string("format");
  if (format_text == "json") {  // podman's is a document of its own
    write_out(render_objects(engine::pod_objects(pods), ""));
    return kExitOk;
  }
  if (args.get_bool("quiet") && format_text.empty()) format_text = "{{.ID}}";
  if (format_text == "table") format_text.clear();
  const std::string otherwise = default_format(args);
  write_out(render_list(engine::pod_rows(pods, args.get_bool("no-trunc")), {kColumns, otherwise}, format_text,
                        args.get_bool("noheading")));
  return kExitOk;
}

int pod_inspect_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  std::vector<Json> found;
  const int code = for_each_name(chosen_pods(*engine, args),
                                 [&](const std::string& name) { found.push_back(engine::inspect_pod(*engine, name)); });
  const std::string format_text = args.get_string("format");
  if (!found.empty() || format_text.empty()) write_out(render_objects(found, format_text));
  return code;
}

}  // namespace lichen::cli
