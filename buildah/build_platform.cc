#include "buildah/build_platform.hh"

#include "libpod/base/format.hh"

namespace lichen::buildah {

spec::Platform build_platform(const std::string& text) {
  auto platform = spec::parse_platform(text);
  if (platform.architecture == "arm64" && platform.variant == "v8") platform.variant.clear();
  return platform;
}

spec::Platform platform_of(const spec::ImageConfig& config) { return {config.os, config.architecture, config.variant}; }

void set_platform(spec::ImageConfig& config, const spec::Platform& platform) {
  config.os = platform.os;
  config.architecture = platform.architecture;
  config.variant = platform.variant;
}

std::string hint_of_failure(const spec::Platform& platform, std::int64_t code, const std::string& output) {
  const bool is_foreign = spec::platform_match(spec::host_platform(), platform) == 0;
  if (code == 126 && is_foreign && output.find("exec format error") != std::string::npos)
    return format(
        "this machine cannot execute programs for {}. Register an emulator with the kernel (binfmt_misc; Debian: apt "
        "install qemu-user-static binfmt-support), or cross-compile in a stage that begins with FROM "
        "--platform=$BUILDPLATFORM",
        platform.str());
  return "what succeeded is in the cache: mend the line and build again";
}

}  // namespace lichen::buildah
