// secret create, ls, inspect, rm, exists.
#include "libpod/engine/secrets.hh"
#include "libpod/base/error.hh"
#include "libpod/spec/options.hh"
#include "src/arg_parser.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/session.hh"

#include <unistd.h>

namespace lichen::cli {
namespace {

constexpr Column kColumns[] = {
    {"CreatedAt", "CREATED"}, {"Driver", "DRIVER"}, {"ID", "ID"},
    {"Labels", "LABELS"},     {"Name", "NAME"},     {"UpdatedAt", "UPDATED"},
};
constexpr std::string_view kTable = "table {{.ID}}\\t{{.Name}}\\t{{.Driver}}\\t{{.CreatedAt}}\\t{{.UpdatedAt}}";

// docker's lines.
std::string pretty_text(const Json& secret) {
  const Json& spec = secret["Spec"];
  std::string text = format("ID:              {}\nName:            {}\n", secret["ID"].get<std::string>(),
                            spec["Name"].get<std::string>());
  text += "Labels:\n";
  for (const auto& [key, value] : spec["Labels"].items()) text += format(" - {}={}\n", key, value.get<std::string>());
  return text + format("Driver:          {}\nCreated at:      {}\nUpdated at:      {}\n",
                       spec["Driver"]["Name"].get<std::string>(), secret["CreatedAt"].get<std::string>(),
                       secret["UpdatedAt"].get<std::string>());
}

}  // namespace

int secret_create_command(Context& context, const ParsedArgs& args) {
  engine::SecretRequest request;
  request.name = args.positionals()[0];
  request.source = args.positionals()[1];
  request.from_env = args.get_bool("env");
  request.driver = args.get_string("driver");
  request.replace = args.get_bool("replace");
  request.ignore = args.get_bool("ignore");
  if (request.replace && request.ignore)
    throw_usage(args.command(), "conflicting options: cannot specify both --replace and --ignore");
  for (const auto& text : args.get_list("label")) {
    auto [key, value] = spec::parse_label(text, "--label");
    request.labels.insert_or_assign(std::move(key), std::move(value));
  }
  if (request.source == "-" && !request.from_env && ::isatty(STDIN_FILENO) == 1)
    throw Error(ErrorKind::usage, "secret create: standard input is a terminal")
        .with_hint("pipe the value in, or name a file");
  const auto engine = open_engine(context);
  write_out(engine::create_secret(*engine, request) + "\n");
  return kExitOk;
}

int secret_ls_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  std::string format_text = args.get_string("format");
  if (args.get_bool("quiet") && (format_text.empty() || format_text == "table")) format_text = "{{.ID}}";
  if (format_text == "table") format_text.clear();
  const auto rows = engine::list_secrets(*engine, args.get_list("filter"), report_damaged("secret"));
  write_out(render_list(rows, {kColumns, kTable}, format_text, args.get_bool("noheading")));
  return kExitOk;
}

int secret_inspect_command(Context& context, const ParsedArgs& args) {
  if (args.get_bool("pretty") && args.has("format"))
    throw_usage(args.command(), "conflicting options: cannot specify both --pretty and --format");
  const auto engine = open_engine(context);
  std::vector<Json> found;
  const int code = for_each_name(args.positionals(), [&](const std::string& name) {
    found.push_back(engine::inspect_secret(*engine, name, args.get_bool("showsecret")));
  });
  const std::string format_text = args.get_string("format");
  if (args.get_bool("pretty"))
    for (std::size_t i = 0; i < found.size(); ++i) write_out((i == 0 ? "" : "\n") + pretty_text(found[i]));
  else if (!found.empty() || format_text.empty())
    write_out(render_objects(found, format_text));
  return code;
}

int secret_rm_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto names = named_or_all(args, "secret", [&] { return engine->secrets.list(); });
  return for_each_name(names, [&](const std::string& name) {
    try {
      engine::remove_secret(*engine, name);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found || !args.get_bool("ignore")) throw;
    }
    write_out(name + "\n");
  });
}

int secret_exists_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  try {
    engine->secrets.find(args.positionals()[0]);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
    return kExitNo;
  }
  return kExitOk;
}

}  // namespace lichen::cli
