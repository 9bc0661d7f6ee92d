// What a stage is at one point of its Dockerfile: its file system, the image configuration so far, the variables.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "buildah/language/ast.hh"
#include "buildah/layer_stack.hh"
#include "libpod/spec/image_config.hh"

namespace lichen::buildah {

struct StageState {
  LayerStack stack;
  spec::ImageConfig config;
  std::vector<std::pair<std::string, std::string>> args;  // declared by ARG so far and set, in order
  std::size_t base_layers = 0;                            // how many of the stack are of the image that all began with
  bool has_own_cmd = false;  // CMD stands in this Dockerfile: a later ENTRYPOINT leaves it alone
};

/// Where the values of ARG come from.
struct ArgScope {
  std::map<std::string, std::string> given;     // --build-arg
  std::map<std::string, std::string> globals;   // ARG before the first FROM
  std::map<std::string, std::string> platform;  // TARGETPLATFORM and its company
};

/// Proxy variables are there without ARG, reach RUN, and count neither for the cache nor for history (Dockerfile
/// reference, "Predefined ARGs").
bool is_proxy_arg(std::string_view name);

/// A value of the stage: ENV before ARG.
std::optional<std::string> find_variable(const StageState& state, std::string_view name);

/// Expand a word of an instruction; an error points at its place.
std::string expand_word(const language::Word& word, const language::Instruction& instruction, const StageState& state,
                        char escape);

/// Apply an instruction that changes the configuration only; WORKDIR's directory is the caller's affair. Adds to
/// history. @return false: it is one that changes files (RUN, COPY, ADD)
/// @throws Error{invalid} with the place
bool apply_metadata(const language::Instruction& instruction, const ArgScope& scope, char escape, StageState& state);

/// The environment of RUN: the image's, then ARGs that ENV does not hide. @param with_proxies  those of `given` too
std::vector<std::string> run_environment(const StageState& state, const ArgScope& scope, bool with_proxies);

/// SHELL and its default.
std::vector<std::string> shell_of(const StageState& state);
/// A command as it is executed, and as CMD and ENTRYPOINT store it.
std::vector<std::string> command_words(const language::Command& command, const StageState& state);

void add_history(StageState& state, std::string created_by, bool has_layer);

}  // namespace lichen::buildah
