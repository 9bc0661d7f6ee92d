#include "compose/image_digests.hh"

#include "libpod/base/error.hh"
#include "libpod/base/sha256.hh"
#include "libpod/engine/image_program.hh"
#include "libpod/spec/reference.hh"

namespace lichen::compose {
namespace {

std::string digest_at_registry(engine::Engine& engine, const std::string& name) {
  auto request = engine::image_request(engine);
  request.names = {name};
  const auto result = engine::run_image_program(engine, "manifest", request);
  return "sha256:" + sha256_hex(JsonView(result.documents.at(0), "lichen-image:").get_string("text"));
}

std::string with_digest(engine::Engine& engine, const std::string& image) {
  auto name = spec::with_defaults(spec::parse_reference(image));
  if (name.digest.str().empty()) return name.str() + "@" + digest_at_registry(engine, name.str());
  name.tag.clear();
  return name.str();
}

}  // namespace

void resolve_image_digests(engine::Engine& engine, Project& project) {
  std::map<std::string, std::string> known;  // services share images
  for (auto& service : project.services) {
    if (service.image.empty()) continue;
    const auto [at, is_new] = known.emplace(service.image, "");
    if (is_new) {
      try {
        at->second = with_digest(engine, service.image);
      } catch (Error& error) {
        error.add_context(format("service '{}'", service.name));
        throw;
      }
    }
    service.image = at->second;
  }
}

}  // namespace lichen::compose
