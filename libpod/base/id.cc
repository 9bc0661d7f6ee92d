#include "libpod/base/id.hh"

#include <algorithm>

#include <sys/random.h>

#include "libpod/base/error.hh"

namespace lichen {
namespace {

constexpr std::string_view kAdjectives[] = {
    "amber",  "ancient", "arctic",   "ashen", "bright", "calm",   "clear",   "coastal", "cool",   "crisp",  "dappled",
    "dewy",   "dry",     "dusky",    "early", "faint",  "fine",   "frosty",  "gentle",  "golden", "green",  "grey",
    "hardy",  "hazy",    "hidden",   "high",  "humble", "late",   "light",   "little",  "lone",   "mellow", "misty",
    "mossy",  "narrow",  "northern", "olive", "open",   "pale",   "patient", "plain",   "quiet",  "rainy",  "rugged",
    "russet", "rustic",  "salty",    "shady", "silent", "silver", "slow",    "small",   "soft",   "steady", "still",
    "stout",  "sunny",   "tidal",    "tough", "upland", "vivid",  "warm",    "wild",    "windy"};

constexpr std::string_view kNouns[] = {
    "agate",     "alder",  "bark",     "basalt",   "beacon",    "birch",    "boulder", "branch",  "brook",    "cairn",
    "cedar",     "chalk",  "cladonia", "cliff",    "cobble",    "coral",    "crag",    "crust",   "dolomite", "dune",
    "evernia",   "fell",   "fern",     "fjord",    "flint",     "frond",    "gneiss",  "granite", "gravel",   "grove",
    "heath",     "island", "juniper",  "ledge",    "limestone", "marble",   "marsh",   "moor",    "moss",     "oak",
    "parmelia",  "pebble", "pine",     "plateau",  "quartz",    "ramalina", "ravine",  "reef",    "ridge",    "rock",
    "sandstone", "scree",  "shale",    "shore",    "slate",     "spruce",   "stone",   "summit",  "thallus",  "tundra",
    "usnea",     "valley", "willow",   "xanthoria"};

void fill_random(void* data, std::size_t size) {
  // Reads of up to 256 bytes are not interrupted (getrandom(2)).
  if (::getrandom(data, size, 0) != static_cast<ssize_t>(size)) throw_errno("read {} random bytes", size);
}

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

}  // namespace

std::string random_hex(int digits) {
  LICHEN_ASSERT(digits > 0 && digits <= 256);
  unsigned char bytes[128];
  fill_random(bytes, static_cast<std::size_t>(digits + 1) / 2);
  std::string out;
  for (int i = 0; i < digits; ++i) out += "0123456789abcdef"[(bytes[i / 2] >> (i % 2 == 0 ? 4 : 0)) & 15];
  return out;
}

std::string random_id() {
  // An id that begins with 12 decimal digits would be taken for a number by some scripts and host names; docker avoids
  // it too.
  for (;;) {
    std::string id = random_hex(64);
    if (std::any_of(id.begin(), id.begin() + 12, [](char c) { return c >= 'a'; })) return id;
  }
}

std::string random_name() {
  unsigned char bytes[2];
  fill_random(bytes, sizeof bytes);
  return format("{}_{}", kAdjectives[bytes[0] % std::size(kAdjectives)], kNouns[bytes[1] % std::size(kNouns)]);
}

std::string short_id(std::string_view id) { return std::string(id.substr(0, 12)); }

bool is_full_id(std::string_view text) { return text.size() == 64 && std::all_of(text.begin(), text.end(), is_hex); }

bool is_id_prefix(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), is_hex);
}

bool is_valid_name(std::string_view name) {
  const auto alnum = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
  return !name.empty() && name.size() <= 253 && alnum(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return alnum(c) || c == '_' || c == '.' || c == '-'; });
}

}  // namespace lichen
