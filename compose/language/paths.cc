#include "compose/language/paths.hh"

#include "libpod/base/path.hh"

namespace lichen::compose {
namespace {

void resolve(Node* node, const PathBase& base) {
  if (node != nullptr && node->is_string() && !node->text.empty()) node->text = resolve_path(base, node->text);
}

void resolve_context(Node* node, const PathBase& base) {
  if (node != nullptr && node->is_string() && !is_remote_context(node->text)) resolve(node, base);
}

void resolve_build(Node* build, const PathBase& base) {
  if (build == nullptr || !build->is_mapping()) return;
  resolve_context(build->find("context"), base);
  if (Node* contexts = build->find("additional_contexts"))
    for (auto& context : contexts->items) resolve_context(&context, base);
  if (Node* ssh = build->find("ssh"))
    for (auto& key : ssh->items) resolve(&key, base);
}

void resolve_files(Node* objects, const PathBase& base) {
  if (objects == nullptr) return;
  for (auto& object : objects->items) resolve(object.find("file"), base);
}

}  // namespace

bool is_windows_path(std::string_view path) {
  if (path.starts_with("\\\\")) return true;
  const auto letter = path.empty() ? '\0' : static_cast<char>(path[0] | 0x20);
  return path.size() > 2 && letter >= 'a' && letter <= 'z' && path[1] == ':' && (path[2] == '\\' || path[2] == '/');
}

std::string resolve_path(const PathBase& base, std::string_view path) {
  if (is_windows_path(path)) return std::string(path);
  if (base.keeps_variables && path.starts_with('$')) return std::string(path);
  if (path.starts_with('/')) return clean_path(path);
  if ((path == "~" || path.starts_with("~/")) && !base.home.empty())
    return clean_path(base.home + std::string(path.substr(1)));
  if (base.folder.empty()) return clean_path(path);
  return clean_path(base.folder + "/" + std::string(path));
}

bool is_remote_context(std::string_view text) {
  if (text.find("://") != std::string_view::npos) return true;
  for (const std::string_view prefix : {"service:", "github.com/", "git@"})
    if (text.starts_with(prefix)) return true;
  return false;
}

void resolve_service_paths(Node& service, const PathBase& base) {
  resolve_build(service.find("build"), base);
  if (Node* files = service.find("env_file"))
    for (auto& file : files->items) resolve(file.find("path"), base);
  if (Node* files = service.find("label_file"))
    for (auto& file : files->items) resolve(&file, base);
  if (Node* develop = service.find("develop"))
    if (Node* watch = develop->find("watch"))
      for (auto& item : watch->items) resolve(item.find("path"), base);
  if (Node* volumes = service.find("volumes"))
    for (auto& volume : volumes->items)
      if (volume.text_of("type") == "bind") resolve(volume.find("source"), base);
  if (Node* spec = service.find("credential_spec")) resolve(spec->find("file"), base);
}

void resolve_paths(Node& model, const PathBase& base) {
  if (Node* services = model.find("services"))
    for (auto& service : services->items) resolve_service_paths(service, base);
  resolve_files(model.find("secrets"), base);
  resolve_files(model.find("configs"), base);
  Node* volumes = model.find("volumes");
  if (volumes == nullptr) return;
  for (auto& volume : volumes->items) {
    Node* options = volume.find("driver_opts");
    const std::string_view driver = volume.text_of("driver");
    if (options == nullptr || (driver != "local" && !driver.empty()) || options->text_of("o") != "bind") continue;
    resolve(options->find("device"), base);
  }
}

}  // namespace lichen::compose
