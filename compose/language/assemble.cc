// Files → one tree: each document is interpolated, checked and made long, its `extends` and `include` are done, and
// then it is merged over what came before it.
#include <algorithm>
#include <memory>

#include "compose/language/canonical.hh"
#include "compose/language/interpolate_tree.hh"
#include "compose/language/loading.hh"
#include "compose/language/merge.hh"
#include "compose/language/version_1.hh"
#include "libpod/base/error.hh"
#include "libpod/base/path.hh"
#include "libpod/base/strings.hh"

namespace lichen::compose {
namespace {

constexpr std::size_t kMaxChain = 100;  // of include and extends

/// One file and what it includes: where its paths start, where its variables come from.
struct Layer {
  PathBase base;
  const Mapping& environment;
  bool resolve_paths = true;
};

/// A file that `extends` reads.
struct ServiceFile {
  std::string path, folder;  // folder: as written by who extends, relative to its own
  Node model;                // of all its documents, before `extends`
};

class Assembler {
 public:
  explicit Assembler(Loading& loading) : loading_(loading), services_(*schema().member("services")) {}

  Node load(const Strings& files, const Layer& layer, std::vector<std::string> chain) {
    Node result;
    result.kind = Node::Kind::mapping;
    bool is_empty = true;
    for (const auto& file : files) {
      chain.push_back(file);
      for (auto& document : read(file, layer)) {
        is_empty = false;
        extend_all(document, result, file, layer);
        include_all(document, result, layer, chain);
        document.erase("include");
        merge_into(result, std::move(document), schema(), {}, loading_.sources);
        settle(result, schema());
      }
      chain.pop_back();
    }
    // One of several may be: an override that says nothing yet.
    if (is_empty) throw_error(ErrorKind::invalid, "{}: the file is empty", loading_.shown(files[0]));
    check_required(result, loading_.sources);
    default_contexts(result);
    if (layer.resolve_paths) resolve_paths(result, layer.base);
    return result;
  }

 private:
  /// A build without a context has the project's folder; only now, as an earlier file may have said one.
  static void default_contexts(Node& model) {
    Node* services = model.find("services");
    if (services == nullptr) return;
    for (auto& service : services->items)
      if (Node* build = service.find("build");
          build != nullptr && build->is_mapping() && build->find("context") == nullptr)
        build->set("context", ".");
  }

  /// @param is_extended  only services of it are asked for; there is nothing wrong with one that says nothing
  std::vector<Node> read(const std::string& path, const Layer& layer, bool is_extended = false) {
    auto documents = loading_.documents(path, "the compose file");
    const Warn warn = [&](const Spot& spot, std::string reason) { loading_.warn(spot, std::move(reason)); };
    const bool interpolated = loading_.request.interpolate;
    for (auto& document : documents) {
      if (!document.is_mapping())
        loading_.sources.fail(document.spot, {},
                              format("a compose file is a mapping, not {}", describe(document.kind)));
      if (modernize_version_1(document))
        loading_.warn(document.spot, "a file of version 1: its services stand below the key 'services' nowadays");
      if (interpolated) interpolate_tree(document, layer.environment, loading_);
      if (Node* services = is_extended ? document.find("services") : nullptr)
        for (auto& service : services->items)
          if (service.is_null()) service.kind = Node::Kind::mapping;
      check_document(document, loading_.sources, interpolated, warn);
      make_canonical(document, {loading_.sources, interpolated, warn});
      if (const Node* version = document.find("version"))
        loading_.warn(version->key_spot, "the key 'version' has no meaning any more");
      document.erase("version");
    }
    return documents;
  }

  // include

  void include_all(const Node& document, Node& result, const Layer& layer, const std::vector<std::string>& chain) {
    const Node* includes = document.find("include");
    if (includes == nullptr) return;
    for (const auto& include : includes->items) {
      Node part = include_one(include, layer, chain);
      for (const char* key : {"services", "networks", "volumes", "secrets", "configs", "models"})
        if (Node* objects = part.find(key)) {
          Node wrapper = make_mapping(part);
          wrapper.set(key, std::move(*objects));
          merge_into(result, std::move(wrapper), schema(), {}, loading_.sources);
        }
    }
  }

  Node include_one(const Node& include, const Layer& layer, const std::vector<std::string>& chain) {
    Strings files;
    const Node* paths = include.find("path");
    if (paths == nullptr || paths->items.empty()) loading_.sources.fail(include.spot, "include", "'path' is missing");
    for (const auto& path : paths->items) {
      const std::string file = resolve_path(layer.base, path.text);
      if (std::find(chain.begin(), chain.end(), file) != chain.end() || chain.size() > kMaxChain)
        loading_.sources.fail(path.spot, "include", cycle(chain, file));
      if (loading_.read(file) == nullptr)
        loading_.sources.fail(path.spot, "include", format("'{}': no such file", path.text));
      files.push_back(file);
    }
    const std::string_view folder = include.text_of("project_directory");
    Layer inner_base{{folder.empty() ? parent_path(files[0]) : resolve_path(layer.base, folder), layer.base.home},
                     layer.environment,
                     true};
    const Mapping environment = include_environment(include, layer, inner_base.base.folder);
    const Layer inner{inner_base.base, environment, true};
    Node part = load(files, inner, chain);
    resolve_environment(part, environment);
    return part;
  }

  /// The parent's variables win over the include's env_file, or over .env in its folder.
  Mapping include_environment(const Node& include, const Layer& layer, const std::string& folder) {
    Strings env_files;
    if (const Node* files = include.find("env_file")) {
      for (const auto& file : files->items)
        if (file.text != "/dev/null") env_files.push_back(resolve_path(layer.base, file.text));
    } else if (const std::string path = clean_path(folder + "/.env"); loading_.read(path) != nullptr) {
      env_files.push_back(path);
    }
    Mapping environment = layer.environment;
    Mapping more = loading_.read_dotenv(env_files, layer.environment);
    environment.merge(more);
    return environment;
  }

  std::string cycle(const std::vector<std::string>& chain, const std::string& file) const {
    std::string text = "the files include each other: ";
    for (const auto& each : chain) text += loading_.shown(each) + " -> ";
    return text + loading_.shown(file);
  }

  // extends

  void extend_all(Node& document, const Node& before, const std::string& file, const Layer& layer) {
    Node* services = document.find("services");
    if (services == nullptr) return;
    const bool any = std::any_of(services->items.begin(), services->items.end(),
                                 [](const Node& service) { return service.find("extends") != nullptr; });
    if (!any) return;
    const Node written = *services;
    for (auto& service : services->items) {
      if (service.find("extends") == nullptr) continue;
      std::vector<std::string> chain;
      Node extended = extended_service(service, written, before.find("services"), file, layer.base, layer, chain);
      keep_tags(extended, service);
      service = std::move(extended);
    }
  }

  /// What `!reset` and `!override` did to the base they are still to do to earlier files.
  static void keep_tags(Node& extended, const Node& written) {
    for (const auto& item : written.items) {
      if (item.tag == Node::Tag::none) continue;
      Node* there = extended.find(item.key);
      if (there == nullptr) there = &extended.set(item.key, item);
      there->tag = item.tag;
    }
  }

  Node extended_service(const Node& service, const Node& siblings, const Node* before, const std::string& file,
                        const PathBase& base, const Layer& layer, std::vector<std::string>& chain) {
    const Node* extends = service.find("extends");
    if (extends == nullptr || !extends->is_mapping()) return service;
    const std::string path = "services." + service.key + ".extends";
    chain.push_back(format("{} of {}", service.key, loading_.shown(file)));
    const std::string name(extends->text_of("service"));
    const std::string other(extends->text_of("file"));
    if (name.empty()) loading_.sources.fail(extends->spot, path, "'service' is missing");

    const ServiceFile* read_file = other.empty() ? nullptr : &service_file(other, base, layer, *extends, path);
    const bool is_same = read_file == nullptr || read_file->path == file;
    const std::string& next_file = is_same ? file : read_file->path;
    const std::string next = format("{} of {}", name, loading_.shown(next_file));
    if (std::find(chain.begin(), chain.end(), next) != chain.end() || chain.size() > kMaxChain)
      loading_.sources.fail(extends->spot, path,
                            format("services extend each other: {} -> {}", join(chain, " -> "), next));

    const Node* all = is_same ? &siblings : read_file->model.find("services");
    const Node* found = all == nullptr ? nullptr : all->find(name);
    if (found == nullptr && is_same && before != nullptr) found = before->find(name);
    if (found == nullptr)
      loading_.sources.fail(extends->spot, path, format("no service '{}' in {}", name, loading_.shown(next_file)));

    Node merged;
    if (is_same) {
      merged = extended_service(*found, siblings, before, file, base, layer, chain);
    } else {
      const PathBase inner{parent_path(read_file->path), base.home};
      merged = extended_service(*found, *all, nullptr, read_file->path, inner, layer, chain);
      resolve_service_paths(merged, {layer.resolve_paths ? inner.folder : read_file->folder, base.home});
    }
    settle(merged, *services_.any);
    merged.erase("extends");
    merged.key = service.key;
    merged.key_spot = service.key_spot;
    merged.spot = service.spot;
    Node over = service;
    over.erase("extends");
    over.tag = Node::Tag::none;
    merge_into(merged, std::move(over), *services_.any, "services." + service.key, loading_.sources);
    chain.pop_back();
    return merged;
  }

  const ServiceFile& service_file(const std::string& written, const PathBase& base, const Layer& layer,
                                  const Node& extends, const std::string& path) {
    const std::string file = resolve_path(base, written);
    auto& cached = service_files_[file];
    if (cached) return *cached;
    if (loading_.read(file) == nullptr)
      loading_.sources.fail(extends.find("file")->spot, path, format("'{}': no such file", written));
    cached = std::make_unique<ServiceFile>();
    cached->path = file;
    cached->folder = parent_path(written) == "/" && !written.starts_with('/') ? "." : parent_path(written);
    cached->model.kind = Node::Kind::mapping;
    for (auto& document : read(file, layer, /*is_extended=*/true)) {
      document.erase("include");
      merge_into(cached->model, std::move(document), schema(), {}, loading_.sources);
    }
    settle(cached->model, schema());
    return *cached;
  }

  /// Values that an included file takes from its own environment.
  void resolve_environment(Node& model, const Mapping& environment) {
    const auto resolve = [&](Node* mapping) {
      if (mapping == nullptr) return;
      for (auto& item : mapping->items)
        if (const auto found = environment.find(item.key); item.is_null() && found != environment.end()) {
          item.kind = Node::Kind::string;
          item.text = found->second;
        }
    };
    if (Node* services = model.find("services")) {
      for (auto& service : services->items) {
        resolve(service.find("environment"));
        if (Node* build = service.find("build")) resolve(build->find("args"));
      }
    }
    for (const char* key : {"secrets", "configs"})
      if (Node* objects = model.find(key))
        for (auto& object : objects->items)
          if (const auto found = environment.find(std::string(object.text_of("environment")));
              found != environment.end())
            object.set("#value", found->second);
  }

  Loading& loading_;
  const Schema& services_;
  std::map<std::string, std::unique_ptr<ServiceFile>> service_files_;
};

bool is_name_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; }

std::string name_of_folder(const std::string& folder) {
  std::string name;
  for (const char c : to_lower(base_name(folder)))
    if (is_name_character(c)) name += c;
  return name.substr(std::min(name.find_first_not_of("_-"), name.size()));
}

void check_name(const std::string& name, ErrorKind kind, std::string_view where) {
  const bool is_valid =
      !name.empty() && name[0] != '_' && name[0] != '-' && std::all_of(name.begin(), name.end(), is_name_character);
  if (is_valid) return;
  Error error(kind, format("{}: '{}' is no name for a project", where, name));
  throw error.with_hint("lower case letters, digits, '-' and '_', and first a letter or digit");
}

}  // namespace

std::string project_name(Loading& loading, const Found& found) {
  if (const std::string& name = loading.request.project_name; !name.empty()) {
    check_name(name, ErrorKind::usage, "project name");
    return name;
  }
  if (const auto name = found.environment.find("COMPOSE_PROJECT_NAME");
      name != found.environment.end() && !name->second.empty()) {
    check_name(name->second, ErrorKind::usage, "COMPOSE_PROJECT_NAME");
    return name->second;
  }
  std::string name;
  for (const auto& file : found.files) {
    for (const auto& document : loading.documents(file, "the compose file")) {
      const Node* written = document.find("name");
      if (written == nullptr || !written->is_scalar()) continue;
      Node node = *written;
      if (loading.request.interpolate) interpolate_scalar(node, "name", found.environment, loading.sources);
      if (node.text.empty()) continue;
      check_name(node.text, ErrorKind::invalid, show(loading.sources.place(node.spot), "name"));
      name = node.text;
    }
  }
  if (!name.empty()) return name;
  name = name_of_folder(found.folder);
  if (name.empty()) {
    Error error(ErrorKind::invalid, format("the folder '{}' makes no project name", found.folder));
    throw error.with_hint("give one with -p or 'name:'");
  }
  return name;
}

Node assemble(Loading& loading, const Found& found) {
  const Layer layer{{found.folder, loading.request.home, !loading.request.interpolate},
                    found.environment,
                    loading.request.resolve_paths};
  return Assembler(loading).load(found.files, layer, {});
}

}  // namespace lichen::compose
