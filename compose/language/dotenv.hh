// .env and env_file: NAME=VALUE lines in the dialect of docker compose.
//
//   # comment         export A=1      A: 1           A           (its value comes from the lookup)
//   A=x # comment     A=x#y           A="x\n$B"      A='$B'      A="several
//                                                                lines"
// Unquoted and double-quoted values are interpolated (interpolate.hh) with what the lookup knows, then with the lines
// above. In double quotes \a \b \f \n \r \t \v \\ \" \$ and \0OCTAL are escapes. `raw` files (env_file format) take the
// text behind `=` as it is.
#pragma once

#include <map>

#include "compose/language/interpolate.hh"

namespace lichen::compose {

/// @param name    of the file, for errors
/// @param lookup  wins over lines of the file when values are interpolated
/// @param unset   as of interpolate()
/// @throws Error{invalid} "NAME:LINE: ..."
std::map<std::string, std::string> parse_dotenv(std::string_view text, const std::string& name, const Lookup& lookup,
                                                std::vector<std::string>& unset);

/// @throws Error{invalid} "NAME:LINE: ..."
std::map<std::string, std::string> parse_raw_env(std::string_view text, const std::string& name, const Lookup& lookup);

}  // namespace lichen::compose
