// image diff, mount, unmount; search.
#include "libpod/base/error.hh"
#include "libpod/base/id.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/display.hh"
#include "libpod/engine/image_diff.hh"
#include "libpod/engine/image_mount.hh"
#include "libpod/engine/image_search.hh"
#include "libpod/engine/image_tree.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/session.hh"

namespace lichen::cli {
namespace {

constexpr Column kFoundColumns[] = {
    {"Automated", "AUTOMATED"}, {"Description", "DESCRIPTION"},
    {"Index", "INDEX"},         {"IsAutomated", "AUTOMATED"},
    {"IsOfficial", "OFFICIAL"}, {"Name", "NAME"},
    {"Official", "OFFICIAL"},   {"StarCount", "STARS"},
    {"Stars", "STARS"},         {"Tag", "TAG"},
};
constexpr std::string_view kFound = "table {{.Name}}\\t{{.Description}}\\t{{.StarCount}}\\t{{.IsOfficial}}";
constexpr std::string_view kTags = "table {{.Name}}\\t{{.Tag}}";

std::string mounted_json(const std::vector<engine::MountedImage>& images) {
  Json out = Json::array();
  for (const auto& image : images)
    out.push_back({{"id", image.id}, {"Repositories", image.names}, {"mountpoint", image.path}});
  return dump_json_pretty(out);
}

// podman's lines.
std::string layer_lines(const std::vector<engine::LayerNode>& nodes, const std::string& indent) {
  std::string text;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const bool last = i + 1 == nodes.size();
    text += format("{}{} ID: {} Size: {}", indent, last ? "└──" : "├──", short_id(nodes[i].id),
                   engine::size_text(nodes[i].size));
    if (!nodes[i].top_of.empty()) text += format(" Top Layer of: [{}]", join(nodes[i].top_of, " "));
    text += "\n" + layer_lines(nodes[i].above, indent + (last ? "    " : "│   "));
  }
  return text;
}

std::string name_of(const engine::MountedImage& image) { return image.names.empty() ? image.id : image.names[0]; }

}  // namespace

int image_diff_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto& words = args.positionals();
  const auto changes = engine::diff_images(*engine, words[0], words.size() > 1 ? words[1] : "");
  write_out(changes_text(changes, args.get_string("format")));
  return kExitOk;
}

int image_tree_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const bool what_requires = args.get_bool("whatrequires");
  const auto tree = engine::layer_tree(*engine, args.positionals()[0], what_requires);
  write_out(format("Image ID: {}\nTags:     [{}]\nSize:     {}\n", short_id(tree.id), join(tree.names, " "),
                   engine::size_text(tree.size)));
  if (tree.layers.empty())
    write_out(what_requires ? "No image is made of it\n" : "No Image Layers\n");
  else
    write_out("Image Layers\n" + layer_lines(tree.layers, ""));
  return kExitOk;
}

int image_mount_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const bool json = args.get_string("format") == "json";
  std::vector<engine::MountedImage> images;
  int code = kExitOk;
  const bool lists = args.positionals().empty() && !args.get_bool("all");
  if (lists) {
    images = engine::mounted_images(*engine);
  } else {
    const auto names = named_or_all(args, "image", [&] { return engine->images.list(); });
    code = for_each_name(names,
                         [&](const std::string& name) { images.push_back(engine::mount_image_here(*engine, name)); });
  }
  std::string text;
  for (const auto& image : images)
    text += lists || images.size() > 1 ? name_of(image) + "\t" + image.path + "\n" : image.path + "\n";
  write_out(json ? mounted_json(images) : lists ? align_columns(text) : text);
  return code;
}

int image_unmount_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto names = named_or_all(args, "image", [&] {
    std::vector<std::string> ids;
    for (const auto& image : engine::mounted_images(*engine)) ids.push_back(image.id);
    return ids;
  });
  return for_each_name(names, [&](const std::string& name) {
    engine::unmount_image(*engine, name, args.get_bool("force"));
    write_out(name + "\n");
  });
}

int search_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  auto request = engine::image_request(*engine);
  request.quiet = true;
  request.creds = args.get_string("creds");
  request.auth_file = args.get_string("authfile");
  request.cert_dir = args.get_string("cert-dir");
  if (args.has("tls-verify")) request.tls_verify = args.get_bool("tls-verify");
  const engine::SearchRequest search{.term = args.positionals()[0],
                                     .limit = args.get_int("limit"),
                                     .filters = args.get_list("filter"),
                                     .list_tags = args.get_bool("list-tags"),
                                     .no_trunc = args.get_bool("no-trunc")};
  const auto rows = engine::search_images(*engine, search, std::move(request));
  std::string format_text = args.get_string("format");
  if (format_text == "table") format_text.clear();
  write_out(render_list(rows, {kFoundColumns, search.list_tags ? kTags : kFound}, format_text));
  return kExitOk;
}

}  // namespace lichen::cli
