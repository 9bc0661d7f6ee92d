// Both ends of start.sock (wire/runtime_cli.hh).
#pragma once

#include <string>

#include "libpod/base/error.hh"
#include "libpod/sys/unique_fd.hh"

namespace lichen::runtime {

/// Init's side: wait for somebody who sends the request.
///
/// @param creator    pidfd, or -1: when it ends, init belongs to the subreaper and is tied to its life
/// @param subreaper  pidfd, or -1
/// @return the connection to answer on
sys::UniqueFd wait_for_start_request(int listener, int creator, int subreaper);
void send_start_failure(int connection, const Error& error);

/// The other side. @throws StartError the program cannot be run; Error{conflict} not in the state `created`
void request_start(const std::string& container_dir, const std::string& id);

}  // namespace lichen::runtime
