// What commands print: tables with docker's columns, Go templates, JSON. The only writer to standard output.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libpod/base/json.hh"

namespace lichen::cli {

/// Write all of `text` to standard output. @throws Error{system} it cannot be written (a full disk)
void write_out(std::string_view text);

/// A placeholder of --format and what stands above its column.
struct Column {
  std::string_view field;    // "RunningFor"
  std::string_view heading;  // "CREATED"
};

/// What a list command can print.
struct ListView {
  std::span<const Column> columns;  // every placeholder with its heading, for "table {{...}}"
  std::string_view default_format;  // "table {{.ID}}\t{{.Names}}"
};

enum class JsonStyle {
  lines,  // docker: one object per line
  array,  // podman: one document
};

/// Rows as --format asks.
///
/// @param rows    one object per row; every member is a placeholder
/// @param format  "" the view's default; "json"; "table TEMPLATE"; "TEMPLATE" (one line per row); \t and \n are
/// understood
///                outside of {{ }}
/// @throws Error{usage} the template is wrong or names a field that rows do not have (the nearest is the hint)
std::string render_list(const std::vector<Json>& rows, const ListView& view, std::string_view format,
                        bool no_heading = false, JsonStyle style = JsonStyle::lines);

/// Objects as inspect prints them: "" a JSON array with indent, "json" the array on one line, else the template for
/// each object, one line each. @throws Error{usage} as above
std::string render_objects(const std::vector<Json>& objects, std::string_view format);

/// One object: "" is not allowed; "json" its JSON on one line; else the template and a newline.
std::string render_object(const Json& object, std::string_view format);

/// Lines of cells divided by tabs, aligned as docker does: a column is as wide as its widest cell plus three blanks and
/// at least ten; the last cell of a line is not padded. Width counts code points, wide East Asian ones twice.
std::string align_columns(std::string_view tabbed_lines);

/// How many terminal cells the text takes.
std::size_t display_width(std::string_view text);

}  // namespace lichen::cli
