#include "libpod/hub/rule_loader.hh"

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/namespaces.hh"
#include "libpod/sys/process.hh"

#include <nftables/libnftables.h>
#include <sched.h>

namespace lichen::hub {
namespace {

struct FreeContext {
  void operator()(nft_ctx* context) const { ::nft_ctx_free(context); }
};

// With a context of its own: one that is kept keeps a megabyte, and making one takes 0.1 ms.
std::string run_commands(const std::string& commands) {
  const std::unique_ptr<nft_ctx, FreeContext> context(::nft_ctx_new(NFT_CTX_DEFAULT));
  if (!context) return "libnftables does not start";
  ::nft_ctx_buffer_error(context.get());
  const bool worked = ::nft_run_cmd_from_buffer(context.get(), commands.c_str()) == 0;
  const std::string said = ::nft_ctx_get_error_buffer(context.get());
  if (worked) return {};
  const auto line = std::string(trim(said.substr(0, said.find('\n'))));
  return line.empty() ? "nftables gave up without a word" : line;
}

// In a child: the table takes more than a megabyte to read, once in a hub's life.
// @return empty, or why not
std::string load_whole(int hub_netns, const std::string& text) {
  auto answer = sys::make_pipe();
  sys::Pid child = sys::fork_child([&] {
    sys::join_namespace(hub_netns, CLONE_NEWNET, "network hub's");
    sys::write_all(answer.write.get(), run_commands(text), "answer of nftables");
    return 0;
  });
  answer.write.reset();
  const std::string said = sys::read_all(answer.read.get(), "answer of nftables", 64 << 10);
  return child.wait().code == 0 ? said : "nftables ended without a word";
}

}  // namespace

RuleLoader::RuleLoader(int hub_netns) : netns_(hub_netns), thread_([this, hub_netns] { work(hub_netns); }) {}

RuleLoader::~RuleLoader() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void RuleLoader::work(int hub_netns) {
  std::string trouble;
  try {
    sys::join_namespace(hub_netns, CLONE_NEWNET, "network hub's");  // setns(2): of this thread alone
  } catch (const Error& error) {
    trouble = error.what();
  }
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return has_work_ || ends_; });
    if (ends_) return;
    answer_ = trouble.empty() ? run_commands(commands_) : trouble;
    has_work_ = false;
    changed_.notify_all();
  }
}

std::string RuleLoader::run(const std::string& commands) {
  std::unique_lock lock(mutex_);
  commands_ = commands;
  has_work_ = true;
  changed_.notify_all();
  changed_.wait(lock, [&] { return !has_work_; });
  return answer_;
}

void RuleLoader::load(RuleElements wanted) {
  if (is_loaded_) {
    const std::string change = rules_change(loaded_, wanted);
    if (change.empty() || run(change).empty()) {
      loaded_ = std::move(wanted);
      return;
    }
  }
  is_loaded_ = false;
  const std::string refused = load_whole(netns_, rules_text() + rules_change({}, wanted));
  if (!refused.empty())
    throw Error(ErrorKind::unsupported, format("set the rules of the networks: {}", refused))
        .with_hint(
            "the kernel needs nf_tables with inet, bridge and NAT; do without in config.toml, [network] isolation = "
            "false; or use --network slirp4netns");
  loaded_ = std::move(wanted);
  is_loaded_ = true;
}

}  // namespace lichen::hub
