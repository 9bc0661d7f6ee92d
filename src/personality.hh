// What lichen is called. Through a link named `docker` it behaves as docker where the two differ; the list is in
// src/README.md, and this is the one place that knows which of the two we are.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libpod/base/error.hh"
#include "src/command.hh"

namespace lichen::cli {

enum class Personality : std::uint8_t { lichen, docker };

/// By the name under which this process was started (program_invocation_short_name(3)).
Personality personality();
Personality personality_of(std::string_view program);

/// docker-compose and lichen-compose stand for `compose`.
bool is_compose_link(std::string_view program);

/// What --version prints.
std::string version_line(Personality who);

/// Lines of commands in a text of ours ("Usage:  lichen ps", "`lichen ps`") with the name we are called by.
std::string as_called(std::string text, Personality who);

/// The exit code of an error that has none of its own: docker gives 125 for a wrong flag and for all of `run`, 1 else.
/// @param command  nullptr: it was not found
/// @param parsed   the error came from the command itself, not from its line
int failure_code(Personality who, const CommandSpec* command, bool parsed, const Error& error);

/// As docker: DOCKER_HOST may lead elsewhere, where these commands do not go.
/// @throws Error{unsupported} DOCKER_HOST names another machine
void check_docker_host(Personality who, std::string_view docker_host);

}  // namespace lichen::cli
