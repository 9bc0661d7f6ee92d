#include "compose/language/logging.hh"

#include <optional>

#include "libpod/base/error.hh"
#include "libpod/spec/options.hh"

namespace lichen::compose {
namespace {

/// Why the engine refuses this; nullopt: it does not.
std::optional<std::string> refusal(const std::string& driver, const Strings& options) {
  try {
    spec::parse_log_options(driver, options);
    return std::nullopt;
  } catch (const Error& error) {
    return error.what();
  }
}

/// For max-size and max-file.
std::string why_not_rotated(const Logging& written, std::string_view key, bool is_file) {
  if (!is_file) return format("the driver {} has no such option", written.driver);
  return key == "max-file" && written.options.count("max-size") == 0 ? "it goes with max-size" : "";
}

}  // namespace

HeededLogging heeded_logging(const Logging& written) {
  HeededLogging heeded;
  // docker's `local` is a file like the default driver's, in a form of its own.
  const bool is_here = written.driver == "local" || !refusal(written.driver, {});
  if (is_here && written.driver != "local") heeded.driver = written.driver;
  if (!is_here)
    heeded.left_out.push_back(
        format("driver has no effect: '{}' is not here; 'lichen compose logs' shows the lines", written.driver));
  const bool is_file = heeded.driver.empty() || heeded.driver.ends_with("-file");
  for (const auto& [key, value] : written.options) {
    const bool is_rotation = key == "max-size" || key == "max-file";
    if (!is_here && !is_rotation) continue;  // it belongs to the driver
    const std::string option = key + "=" + value;
    const std::string reason =
        is_rotation ? why_not_rotated(written, key, is_file) : refusal(heeded.driver, {option}).value_or("");
    if (reason.empty())
      heeded.options.push_back(option);
    else
      heeded.left_out.push_back(format("options.{} has no effect: {}", key, reason));
  }
  return heeded;
}

}  // namespace lichen::compose
