// network create, update, reload, rm, prune, connect, disconnect, exists. ls is with the listings, inspect with
// inspect.
#include "libpod/engine/networks.hh"
#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/network_connect.hh"
#include "libpod/spec/network_mode.hh"
#include "libpod/spec/options.hh"
#include "src/commands/commands.hh"
#include "src/commands/objects.hh"
#include "src/exit_code.hh"
#include "src/output.hh"
#include "src/session.hh"

namespace lichen::cli {

int network_create_command(Context& context, const ParsedArgs& args) {
  engine::NetworkRequest request;
  request.name = args.positionals()[0];
  request.driver = args.get_string("driver");
  request.subnets = args.get_list("subnet");
  request.gateways = args.get_list("gateway");
  request.ranges = args.get_list("ip-range");
  request.dns_servers = args.get_list("dns");
  request.interface = args.get_string("interface-name");
  request.routes = args.get_list("route");
  request.ipam_driver = args.get_string("ipam-driver");
  request.scope = args.get_string("scope");
  for (const auto& text : args.get_list("aux-address")) {
    const auto pair = cut(text, '=');
    request.reserved[pair ? pair->first : ""] = pair ? pair->second : text;
  }
  request.ipv4 = args.get_bool("ipv4");
  request.ipv6 = args.get_bool("ipv6");
  request.internal = args.get_bool("internal");
  request.disable_dns = args.get_bool("disable-dns");
  request.ignore = args.get_bool("ignore");
  for (const auto& text : args.get_list("label")) {
    auto [name, value] = spec::parse_label(text, "--label");
    request.labels.insert_or_assign(std::move(name), std::move(value));
  }
  for (const auto& text : args.get_list("opt")) {
    const auto pair = cut(text, '=');
    request.options[pair ? pair->first : text] = pair ? pair->second : "";
  }
  const auto engine = open_engine(context);
  write_out(engine::create_network(*engine, request) + "\n");
  return kExitOk;
}

int network_rm_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  return for_each_name(args.positionals(), [&](const std::string& name) {
    engine::remove_network(*engine, name, {.force = args.get_bool("force"), .stop_timeout_s = args.find_int("time")});
    write_out(name + "\n");
  });
}

int network_update_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  const auto& name = args.positionals()[0];
  engine::update_network(*engine, name, {.dns_add = args.get_list("dns-add"), .dns_drop = args.get_list("dns-drop")});
  write_out(name + "\n");
  return kExitOk;
}

int network_reload_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  std::vector<std::string> names;
  if (args.get_bool("all"))
    names = named_or_all(args, "container", [&] { return engine::reloadable_containers(*engine); });
  else
    names = named_or_newest(*engine, args);
  return for_each_name(names,
                       [&](const std::string& name) { write_out(engine::reload_network(*engine, name) + "\n"); });
}

int network_prune_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  if (!confirmed(args, "This will remove all networks that no container uses.")) return kExitOk;
  const auto removed = engine::prune_networks(*engine, args.get_list("filter"));
  if (removed.empty()) return kExitOk;
  std::string text = "Deleted Networks:\n";
  for (const auto& name : removed) text += name + "\n";
  write_out(text + "\n");
  return kExitOk;
}

namespace {

void set_driver_option(const std::string& text, spec::NetworkEndpoint& endpoint) {
  constexpr std::string_view kName = "com.docker.network.endpoint.ifname=";
  if (!text.starts_with(kName))
    throw Error(ErrorKind::unsupported, format("--driver-opt '{}': networks have no such option", text))
        .with_hint(format("there is {}NAME", kName));
  spec::set_endpoint_option("connect", "interface_name=" + text.substr(kName.size()), endpoint);
}

}  // namespace

int network_connect_command(Context& context, const ParsedArgs& args) {
  spec::NetworkEndpoint endpoint;
  if (args.has("link-local-ip"))
    throw Error(ErrorKind::unsupported,
                "--link-local-ip: containers of lichen have no further addresses in 169.254.0.0/16")
        .with_hint("use --ip and --ip6");
  endpoint.gateway_priority = args.get_int("gw-priority");
  for (const auto& text : args.get_list("link")) endpoint.links.push_back(spec::parse_link(text));
  for (const auto& text : args.get_list("driver-opt")) set_driver_option(text, endpoint);
  for (const char* flag : {"ip", "ip6", "mac-address"})
    if (const auto value = args.find_string(flag))
      spec::set_endpoint_option("connect", format("{}={}", flag, *value), endpoint);
  for (const auto& alias : args.get_list("alias")) spec::set_endpoint_option("connect", "alias=" + alias, endpoint);
  const auto engine = open_engine(context);
  engine::connect_network(*engine, args.positionals()[0], args.positionals()[1], std::move(endpoint));
  return kExitOk;
}

int network_disconnect_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  engine::disconnect_network(*engine, args.positionals()[0], args.positionals()[1], args.get_bool("force"));
  return kExitOk;
}

int network_exists_command(Context& context, const ParsedArgs& args) {
  const auto engine = open_engine(context);
  try {
    engine->networks.find(args.positionals()[0]);
    return kExitOk;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
    return kExitNo;
  }
}

}  // namespace lichen::cli
