#include "libpod/hub/rule_loader.hh"

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/sys/namespaces.hh"

#include <nftables/libnftables.h>
#include <sched.h>

namespace lichen::hub {
namespace {

// A context keeps what it has allocated for names and expressions: a new one now and then keeps the hub small.
constexpr int kCommandsOfContext = 1000;

struct FreeContext {
  void operator()(nft_ctx* context) const { ::nft_ctx_free(context); }
};

std::string run_commands(nft_ctx* context, const std::string& commands) {
  if (context == nullptr) return "libnftables does not start";
  ::nft_ctx_buffer_error(context);
  const bool worked = ::nft_run_cmd_from_buffer(context, commands.c_str()) == 0;
  const std::string said = ::nft_ctx_get_error_buffer(context);
  ::nft_ctx_unbuffer_error(context);
  if (worked) return {};
  const auto line = std::string(trim(said.substr(0, said.find('\n'))));
  return line.empty() ? "nftables gave up without a word" : line;
}

}  // namespace

RuleLoader::RuleLoader(int hub_netns) : thread_([this, hub_netns] { work(hub_netns); }) {}

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
    sys::join_namespace(hub_netns, CLONE_NEWNET, "enter the network hub");  // setns(2): of this thread alone
  } catch (const Error& error) {
    trouble = error.what();
  }
  std::unique_ptr<nft_ctx, FreeContext> context;
  std::unique_lock lock(mutex_);
  for (int count = 0;; ++count) {
    changed_.wait(lock, [&] { return has_work_ || ends_; });
    if (ends_) return;
    if (count % kCommandsOfContext == 0) context.reset(::nft_ctx_new(NFT_CTX_DEFAULT));
    answer_ = trouble.empty() ? run_commands(context.get(), commands_) : trouble;
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
  const std::string refused = run(rules_text() + rules_change({}, wanted));
  if (!refused.empty())
    throw Error(ErrorKind::unsupported, format("set the rules of the networks: {}", refused))
        .with_hint("the kernel needs nf_tables with inet, bridge and NAT; or use --network slirp4netns");
  loaded_ = std::move(wanted);
  is_loaded_ = true;
}

}  // namespace lichen::hub
