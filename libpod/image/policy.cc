#include "libpod/image/policy.hh"

#include <algorithm>

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/fs.hh"
#include "libpod/sys/io.hh"

namespace lichen::image {
namespace {

constexpr std::size_t kMaxPolicy = 1u << 20;
constexpr std::string_view kTypes[] = {"insecureAcceptAnything", "reject", "signedBy", "sigstoreSigned"};

// These have no scope in containers-policy.json(5), or one (of a store's drivers and paths) that is not ours.
bool has_no_scopes(std::string_view transport) {
  return transport == "docker-archive" || transport == "containers-storage" || transport == "tarball";
}

void check_requirements(const JsonView& view) {
  const auto list = view.as_array();
  if (list.empty())
    throw_error(ErrorKind::invalid, "{}: a list of requirements, with at least one, is needed", view.path());
  for (const auto& item : list) {
    const std::string type = item.get_string("type");
    if (std::find(std::begin(kTypes), std::end(kTypes), type) == std::end(kTypes))
      throw_error(ErrorKind::invalid, "{}: '{}' is not a type of requirement", item.path(), printable(type));
  }
}

}  // namespace

Policy Policy::parse(std::string_view text, const std::string& what) {
  Policy policy;
  policy.what_ = what;
  try {
    policy.rules_ = parse_json(text, what, {.max_bytes = kMaxPolicy, .max_depth = 32, .allow_duplicate_keys = false});
    const JsonView view(policy.rules_, what + ":");
    for (const auto& [key, value] : view.as_object())
      if (key != "default" && key != "transports")
        throw_error(ErrorKind::invalid, "{}: unknown member '{}'", what, printable(key));
    check_requirements(view.at("default"));
    for (const auto& [transport, scopes] : view.at("transports").as_object())
      for (const auto& [scope, requirements] : scopes.as_object()) {
        if (!scope.empty() && has_no_scopes(transport))
          throw_error(ErrorKind::invalid, "{}: '{}' knows no scope but \"\"", what, printable(transport));
        check_requirements(requirements);
      }
  } catch (Error& error) {
    if (error.hint().empty()) error.with_hint("see containers-policy.json(5)");
    throw;
  }
  return policy;
}

std::vector<std::string> policy_scopes(const PolicySubject& subject) {
  std::vector<std::string> scopes;
  if (subject.scope.empty()) return {""};
  scopes.push_back(subject.scope);
  std::string rest = subject.scope;
  if (subject.transport == "docker") {
    const auto slash = rest.find('/');
    const auto tag = rest.find_first_of(":@", slash == std::string::npos ? 0 : slash);
    if (slash != std::string::npos && tag != std::string::npos) scopes.push_back(rest = rest.substr(0, tag));
  }
  for (auto slash = rest.rfind('/'); slash != std::string::npos && slash > 0; slash = rest.rfind('/'))
    scopes.push_back(rest = rest.substr(0, slash));
  if (subject.transport == "docker")  // "*.example.org" for all hosts below
    for (auto dot = rest.find('.'); dot != std::string::npos; dot = rest.find('.'))
      scopes.push_back("*." + (rest = rest.substr(dot + 1)));
  scopes.emplace_back("");
  return scopes;
}

void Policy::require(const PolicySubject& subject) const {
  if (rules_.is_null()) return;
  const JsonView view(rules_, what_ + ":");
  const auto rules = view.at("transports").at(subject.transport).as_object();
  JsonView chosen = view.at("default");
  std::string where = "default";
  for (const auto& scope : policy_scopes(subject)) {
    const auto found = std::find_if(rules.begin(), rules.end(), [&](const auto& rule) { return rule.first == scope; });
    if (found == rules.end()) continue;
    chosen = found->second;
    where = subject.transport + " \"" + scope + "\"";
    break;
  }
  const std::string shown = subject.scope.empty() ? subject.transport : subject.scope;
  for (const auto& requirement : chosen.as_array()) {
    const std::string type = requirement.get_string("type");
    if (type == "insecureAcceptAnything") continue;
    if (type == "reject")
      throw Error(ErrorKind::permission, format("'{}' is rejected by the policy of this machine", printable(shown)))
          .with_hint(format("the rule is at {} in '{}'", where, what_));
    throw Error(ErrorKind::unsupported,
                format("'{}' must be signed ({}), and lichen cannot check signatures yet", printable(shown), type))
        .with_hint(format("the rule is at {} in '{}'; podman or skopeo can fetch it, and 'lichen load' takes it over",
                          where, what_));
  }
}

Policy load_policy(const wire::ImageRequest& request) {
  if (!request.signature_policy.empty())
    return Policy::parse(sys::read_file(request.signature_policy, kMaxPolicy), request.signature_policy);
  std::vector<std::string> paths;
  if (!request.xdg_config_home.empty()) paths.push_back(request.xdg_config_home + "/containers/policy.json");
  if (!request.home.empty()) paths.push_back(request.home + "/.config/containers/policy.json");
  paths.emplace_back("/etc/containers/policy.json");
  for (const auto& path : paths)
    if (const auto text = sys::read_file_if_exists(path, kMaxPolicy)) return Policy::parse(*text, path);
  return {};
}

}  // namespace lichen::image
