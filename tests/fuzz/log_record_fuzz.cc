// links: wire base
// Log records: whatever a container prints comes back byte for byte, in both formats, and no line of a damaged log
// crashes.
#include "libpod/wire/log_format.hh"
#include "tests/fuzz/fuzz.hh"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace lichen;
  const auto text = fuzz::as_text(data, size);
  wire::parse_k8s_record(text);
  wire::parse_json_record(text);
  // A record's text holds at most one newline, at its end.
  const auto line = text.substr(0, text.find('\n') == std::string_view::npos ? text.size() : text.find('\n') + 1);
  constexpr std::string_view kTime = "2026-11-21T04:41:07.123456789Z";
  for (const bool json : {false, true}) {
    std::string record;
    json ? wire::append_json_record(record, kTime, wire::LogStream::err, line)
         : wire::append_k8s_record(record, kTime, wire::LogStream::err, line);
    fuzz::require(record.find('\n') == record.size() - 1);
    record.pop_back();
    const auto read = json ? wire::parse_json_record(record) : wire::parse_k8s_record(record);
    fuzz::require(read && read->text == line && read->time == kTime && read->stream == wire::LogStream::err);
  }
  return 0;
}
