// links: compose_language spec base
// Compose files: YAML to nodes, then the whole way to structs and back to text, which must be read as the same project.
#include "compose/language/document.hh"
#include "compose/language/project_loader.hh"
#include "compose/language/render.hh"
#include "tests/fuzz/fuzz.hh"

namespace {

using namespace lichen;
using namespace lichen::compose;

/// One compose file, which also is every other file that it asks for.
class OneFile : public FileSource {
 public:
  explicit OneFile(std::string text) : text_(std::move(text)) {}
  std::optional<std::string> read(const std::string& path, std::size_t) override {
    if (path == "-" || path.ends_with(".yaml")) return text_;
    return std::nullopt;
  }
  bool is_directory(const std::string&) override { return false; }

 private:
  std::string text_;
};

void check_places(const Node& node) {
  fuzz::require(node.spot.line >= 1 && node.spot.column >= 1);
  for (const auto& item : node.items) check_places(item);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 20000) return 0;
  const std::string text(fuzz::as_text(data, size));
  fuzz::refuse_or_accept([&] {
    Sources sources;
    const auto file = sources.add("compose.yaml");
    DocumentLimits limits;
    limits.max_unfolded = 5000;
    for (const auto& document : parse_documents(text, file, sources, limits)) check_places(document);
    LoadRequest request;
    request.cwd = "/p";
    request.files = {"/p/compose.yaml"};
    request.environment = {{"A", "a"}, {"N", "1"}, {"COMPOSE_PROJECT_NAME", "p"}};
    OneFile files(text);
    fuzz::refuse_or_accept([&] {
      LoadRequest raw = request;
      load_uninterpolated(raw, files);
    });
    const auto project = load_project(request, files);
    for (const auto& service : project.services) fuzz::require(config_hash(service).size() == 64);
    render_json(project_json(project, compose::Format::json));
    render_yaml(project_json(project, compose::Format::yaml));
  });
  return 0;
}
