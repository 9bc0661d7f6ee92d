// The program git, run so that neither a repository nor the user's own settings can make it start anything else.
//
// A clean environment: no configuration but ours (no hooks, filters, credential helpers, aliases of the user), no
// prompt, only the protocols named here (git(1), GIT_ALLOW_PROTOCOL: so neither ext:: nor file://), and a limit on the
// size of files. Credentials travel in the environment, not in argv, which everybody on the machine can read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libpod/base/error.hh"

namespace lichen::buildah {

struct GitAccess {
  std::string scheme;         // of the repository: http https ssh git
  std::string server;         // "https://host:port/": what `authorization` is for, submodules there too
  std::string authorization;  // value of that header; a secret
  std::string agent;          // ssh: the socket of an agent; empty: none
  std::string home;           // where .ssh/known_hosts is
  bool verifies_tls = true;
};

class GitProgram {
 public:
  /// @param environment  the user's, of which PATH, proxies and certificates are taken
  /// @throws Error{unsupported} git is not there
  GitProgram(const std::vector<std::string>& environment, GitAccess access);

  /// @param directory  to run in
  /// @return standard output, up to 1 MiB
  /// @throws GitError
  std::string run(const std::vector<std::string>& arguments, const std::string& directory) const;

 private:
  std::vector<std::string> environment_;
};

/// git has refused; the message has its last words, without the words that lead to credentials.
class GitError : public Error {
 public:
  GitError(ErrorKind kind, std::string message, std::string said)
      : Error(kind, std::move(message)), said_(std::move(said)) {}
  const std::string& said() const { return said_; }

 private:
  std::string said_;
};

}  // namespace lichen::buildah
