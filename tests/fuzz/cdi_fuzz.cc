// links: spec image base
// Descriptions of devices, JSON and YAML alike: what is accepted makes a spec that our own runtime reads.
#include "libpod/image/yaml.hh"
#include "libpod/spec/cdi.hh"
#include "libpod/spec/generate.hh"
#include "tests/fuzz/fuzz.hh"

namespace {

using namespace lichen;

void use(const Json& json) {
  const std::vector<spec::CdiSpec> specs = {spec::cdi_spec_from_json(json, "fuzz")};
  std::vector<spec::CdiName> names;
  for (const auto& device : specs[0].devices) names.push_back({specs[0].kind, device.name});
  fuzz::require(!names.empty());
  for (const auto& name : names) fuzz::require(spec::parse_cdi_name(name.str()) == name);
  spec::HostFacts facts;
  facts.rootfs = "/rootfs";
  facts.device_edits = spec::collect_edits(names, specs);
  spec::ContainerConfig config;
  config.id = std::string(64, 'a');
  config.command = {"true"};
  const Json document = spec::to_json(spec::generate(config, facts));
  try {
    fuzz::require(spec::to_json(spec::oci_spec_from_json(document, "again")) == document);
  } catch (const Error&) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::as_text(data, size);
  fuzz::refuse_or_accept([&] { use(parse_json(text, "fuzz")); });
  fuzz::refuse_or_accept([&] { use(image::yaml_to_json(text, "fuzz")); });
  fuzz::refuse_or_accept([&] { spec::parse_gpus_option(text); });
  return 0;
}
