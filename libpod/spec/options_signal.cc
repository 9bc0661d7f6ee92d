// Signals by name and number, and detach keys.
#include <algorithm>

#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/spec/options.hh"

namespace lichen::spec {
namespace {

struct SignalName {
  int number;
  std::string_view name;
};

// signal(7), x86 and arm. Aliases come after the canonical name.
constexpr SignalName kSignals[] = {
    {1, "HUP"},   {2, "INT"},     {3, "QUIT"},  {4, "ILL"},   {5, "TRAP"},    {6, "ABRT"},  {7, "BUS"},
    {8, "FPE"},   {9, "KILL"},    {10, "USR1"}, {11, "SEGV"}, {12, "USR2"},   {13, "PIPE"}, {14, "ALRM"},
    {15, "TERM"}, {16, "STKFLT"}, {17, "CHLD"}, {18, "CONT"}, {19, "STOP"},   {20, "TSTP"}, {21, "TTIN"},
    {22, "TTOU"}, {23, "URG"},    {24, "XCPU"}, {25, "XFSZ"}, {26, "VTALRM"}, {27, "PROF"}, {28, "WINCH"},
    {29, "IO"},   {30, "PWR"},    {31, "SYS"},  {6, "IOT"},   {17, "CLD"},    {29, "POLL"}, {31, "UNUSED"},
};

// What glibc's SIGRTMIN is: 32 and 33 are its own (signal(7), "Real-time signals").
constexpr int kRtMin = 34, kRtMax = 64;

std::optional<int> real_time_signal(std::string_view name) {
  const bool from_top = name.starts_with("RTMAX");
  if (!from_top && !name.starts_with("RTMIN")) return std::nullopt;
  name.remove_prefix(5);
  if (name.empty()) return from_top ? kRtMax : kRtMin;
  if (name[0] != (from_top ? '-' : '+')) return std::nullopt;
  const auto offset = parse_uint(name.substr(1));
  if (!offset || *offset > kRtMax - kRtMin) return std::nullopt;
  return from_top ? kRtMax - static_cast<int>(*offset) : kRtMin + static_cast<int>(*offset);
}

std::optional<char> control_byte(std::string_view key) {
  if (key.size() != 1) return std::nullopt;
  const char c = key[0];
  if (c >= 'a' && c <= 'z') return static_cast<char>(c - 'a' + 1);
  constexpr std::string_view kSpecial = "@[\\]^_";
  if (kSpecial.find(c) == std::string_view::npos) return std::nullopt;
  return static_cast<char>(c & 0x1f);
}

}  // namespace

std::string signal_name(int number) {
  for (const auto& row : kSignals)
    if (row.number == number) return "SIG" + std::string(row.name);
  if (number == kRtMin) return "SIGRTMIN";
  if (number == kRtMax) return "SIGRTMAX";
  if (number > kRtMin && number < kRtMax)
    return number - kRtMin <= 15 ? fmt::format("SIGRTMIN+{}", number - kRtMin)
                                 : fmt::format("SIGRTMAX-{}", kRtMax - number);
  return fmt::format("SIG{}", number);
}

Signal parse_signal(std::string_view text) {
  std::string name = to_upper(text);
  if (const auto number = parse_uint(name)) {
    if (*number >= 1 && *number <= kRtMax) return {static_cast<int>(*number), signal_name(static_cast<int>(*number))};
  } else {
    if (name.starts_with("SIG")) name.erase(0, 3);
    const auto found = std::ranges::find(kSignals, name, &SignalName::name);
    if (found != std::end(kSignals)) return {found->number, signal_name(found->number)};
    if (const auto number_of = real_time_signal(name)) return {*number_of, signal_name(*number_of)};
    if (name == "32" || name == "33") return {name == "32" ? 32 : 33, "SIG" + name};
  }
  std::vector<std::string> names;
  for (const auto& row : kSignals) names.emplace_back(row.name);
  const auto near = nearest(name, names);
  throw Error(ErrorKind::usage, fmt::format("signal '{}': no such signal", text))
      .with_hint(near ? fmt::format("did you mean {}?", *near)
                      : "use a name such as TERM, RTMIN+3, or a number between 1 and 64");
}

std::string parse_detach_keys(std::string_view text) {
  std::string bytes;
  if (text.empty()) return bytes;
  for (const auto& key : split(text, ',')) {
    const std::string_view word = key;
    if (word.size() == 1 && static_cast<unsigned char>(word[0]) < 0x80) {
      bytes += word[0];
    } else if (word == "DEL") {
      bytes += '\x7f';
    } else if (const auto byte = word.starts_with("ctrl-") ? control_byte(word.substr(5)) : std::nullopt) {
      bytes += *byte;
    } else {
      throw Error(ErrorKind::usage, fmt::format("--detach-keys '{}': unknown key '{}'", text, word))
          .with_hint("use single characters and ctrl-X with X a letter or one of @ [ \\ ] ^ _, separated by commas");
    }
  }
  return bytes;
}

}  // namespace lichen::spec
