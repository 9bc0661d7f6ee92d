#include "libpod/engine/image_search.hh"

#include "libpod/base/error.hh"
#include "libpod/base/log.hh"
#include "libpod/base/parse.hh"
#include "libpod/base/strings.hh"
#include "libpod/engine/display.hh"
#include "libpod/engine/object_filter.hh"

namespace lichen::engine {
namespace {

constexpr std::string_view kFilters[] = {"is-automated", "is-official", "stars"};
constexpr std::size_t kDescriptionWidth = 45;  // docker's

std::string one_line(const std::string& text) {
  return replace_all(replace_all(printable(text), "\n", " "), "\t", " ");
}

}  // namespace

std::vector<Json> search_images(Engine& engine, const SearchRequest& search, wire::ImageRequest request) {
  if (search.limit < 1 || search.limit > 100)
    throw_error(ErrorKind::usage, "--limit {}: must be between 1 and 100", search.limit);
  const auto filters = Filters::parse(search.filters, kFilters);
  std::int64_t stars = 0;
  if (filters.has("stars")) {
    const auto least = parse_uint(filters.values("stars").back());
    if (!least) throw_error(ErrorKind::usage, "filter 'stars={}': it must be a number", filters.values("stars").back());
    stars = static_cast<std::int64_t>(*least);
  }
  request.names = {search.term};
  request.limit = search.limit;
  const auto result = run_image_program(engine, search.list_tags ? "tags" : "search", request);
  std::vector<Json> rows;
  for (const auto& found : result.found) {
    if (found.stars < stars) continue;
    if (filters.has("is-official") && filters.get_bool("is-official", true) != found.official) continue;
    if (filters.has("is-automated") && filters.get_bool("is-automated", true) != found.automated) continue;
    if (static_cast<std::int64_t>(rows.size()) >= search.limit) break;
    const std::string description = one_line(found.description);
    Json row;
    row["Name"] = one_line(found.name);
    row["Description"] = search.no_trunc ? description : ellipsis(description, kDescriptionWidth);
    row["StarCount"] = std::to_string(found.stars);
    row["IsOfficial"] = found.official ? "[OK]" : "";
    row["IsAutomated"] = found.automated ? "[OK]" : "";
    row["Stars"] = found.stars;
    row["Official"] = row["IsOfficial"];
    row["Automated"] = row["IsAutomated"];
    row["Index"] = one_line(found.registry);
    row["Tag"] = one_line(found.tag);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace lichen::engine
