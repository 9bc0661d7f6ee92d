// links: wire base
// Messages between our programs: a runtime's start failure, lichen-image's request and result, the monitor's command
// line. The first byte chooses one. What is decoded and written again is the same.
#include "libpod/base/json.hh"
#include "libpod/base/strings.hh"
#include "libpod/wire/image_cli.hh"
#include "libpod/wire/log_format.hh"
#include "libpod/wire/monitor_args.hh"
#include "libpod/wire/runtime_cli.hh"
#include "tests/fuzz/fuzz.hh"

namespace {

using namespace lichen;

void decode_one(unsigned choice, std::string_view text) {
  switch (choice % 5) {
    case 0: {
      if (text.size() >= wire::kMaxStartReply) return;  // longer ones are cut
      const auto failure = wire::decode_start_failure(text);
      const auto again = wire::decode_start_failure(wire::encode(failure));
      return fuzz::require(again.exit_code == failure.exit_code && again.text == failure.text);
    }
    case 1: {
      const Json once = wire::to_json(wire::image_request_from_json(parse_json(text, "fuzz")));
      return fuzz::require(wire::to_json(wire::image_request_from_json(once)) == once);
    }
    case 2: {
      const Json once = wire::to_json(wire::image_result_from_json(parse_json(text, "fuzz")));
      return fuzz::require(wire::to_json(wire::image_result_from_json(once)) == once);
    }
    case 3: {
      const auto once = wire::to_argv(wire::monitor_config_from_argv(split(std::string(text), '\0')));
      return fuzz::require(wire::to_argv(wire::monitor_config_from_argv(once)) == once);
    }
    default: {
      const auto bytes = wire::base64_decode(text);
      if (bytes) fuzz::require(wire::base64_decode(wire::base64_encode(*bytes)) == bytes);
      fuzz::require(wire::base64_decode(wire::base64_encode(text)) == text);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  lichen::fuzz::refuse_or_accept([&] { decode_one(data[0], lichen::fuzz::as_text(data + 1, size - 1)); });
  return 0;
}
