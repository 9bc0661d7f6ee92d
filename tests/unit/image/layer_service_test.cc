// The service that a build talks to: orders in any order, one answer each, and nothing half-made in the store.
#include "libpod/image/layer_service.hh"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "libpod/base/error.hh"
#include "libpod/base/strings.hh"
#include "libpod/image/hash.hh"
#include "libpod/image/journal.hh"
#include "libpod/store/image_store.hh"
#include "libpod/store/layer_store.hh"
#include "libpod/store/staging.hh"
#include "libpod/sys/io.hh"
#include "libpod/sys/process.hh"
#include "libpod/wire/layer_service.hh"
#include "tests/unit/image/layer_tree.hh"

#include <poll.h>
#include <signal.h>

namespace lichen::image {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using wire::LayerAnswer;
using wire::LayerOrder;

class LayerServiceTest : public ::testing::Test {
 protected:
  LayerServiceTest() {
    char pattern[] = "/tmp/lichen-service-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    paths_ = std::make_unique<store::Paths>(folder_ + "/root", folder_ + "/run", "boot");
    paths_->make();
    layers_ = std::make_unique<store::LayerStore>(*paths_);
  }
  ~LayerServiceTest() override { sys::remove_tree(folder_); }

  // A step's directory with one file, locked as a build does it.
  LayerOrder order(std::uint64_t number, const std::string& text) {
    auto& staged = staged_.emplace(number, *paths_).first->second;
    LayerTree(staged.path()).file("diff/file", text).settle("diff");
    LayerOrder order;
    order.number = number;
    order.directory = staged.path();
    return order;
  }
  LayerOrder order_on(std::uint64_t number, const std::string& text, std::uint64_t parent) {
    auto child = order(number, text);
    child.parent_number = parent;
    return child;
  }

  static std::string line(const LayerOrder& order) { return dump_json(to_json(order)) + "\n"; }

  static LayerAnswer read_answer(int fd) {
    std::string text;
    for (char c = 0; c != '\n' && ::read(fd, &c, 1) == 1;) text += c;
    return wire::layer_answer_from_json(parse_json(text, "answer"));
  }

  /// All answers to these orders, which come at once.
  std::vector<LayerAnswer> serve(const std::string& orders) {
    auto in = sys::make_pipe(), out = sys::make_pipe();
    std::exception_ptr failure;
    std::thread service([&] {
      try {
        serve_layers(*paths_, in.read.get(), out.write.get());
      } catch (...) {
        failure = std::current_exception();
      }
      out.write.reset();
    });
    sys::write_all(in.write.get(), orders, "orders");
    in.write.reset();
    const std::string text = sys::read_all(out.read.get(), "answers");
    service.join();
    if (failure) std::rethrow_exception(failure);
    std::vector<LayerAnswer> answers;
    for (const auto& one : split(text, '\n'))
      if (!one.empty()) answers.push_back(wire::layer_answer_from_json(parse_json(one, "answer")));
    return answers;
  }
  std::map<std::uint64_t, LayerAnswer> serve_layer_orders(const std::vector<LayerOrder>& orders) {
    std::string text;
    for (const auto& one : orders) text += line(one);
    std::map<std::uint64_t, LayerAnswer> answers;
    for (const auto& one : serve(text)) {
      const auto& answer = one;
      EXPECT_TRUE(answers.emplace(answer.number, answer).second) << "answered twice: " << answer.number;
      told_.push_back(answer.number);
    }
    EXPECT_EQ(answers.size(), orders.size());
    return answers;
  }

  void expect_layer(const LayerAnswer& answer, const std::string& parent) {
    ASSERT_FALSE(answer.error) << answer.error->message;
    const auto meta = layers_->get(answer.chain_id);
    EXPECT_EQ(meta.parent, parent);
    EXPECT_EQ(meta.diff_id.str(), answer.diff_id);
    EXPECT_EQ(meta.tar_size, answer.tar_size);
    EXPECT_EQ(meta.disk_size, answer.disk_size);
    EXPECT_EQ(chain_id(parent, meta.diff_id), answer.chain_id);
    Hasher hasher;
    rebuild_tar(paths_->layer(answer.chain_id), [&](Bytes data) { hasher.update(data); });
    EXPECT_EQ(hasher.finish(), meta.diff_id);
  }
  std::string folder_;
  std::unique_ptr<store::Paths> paths_;
  std::unique_ptr<store::LayerStore> layers_;
  std::map<std::uint64_t, store::StagingDir> staged_;
  std::vector<std::uint64_t> told_;
};

TEST_F(LayerServiceTest, ALayerIsMadeWhereItLies) {
  auto wanted = order(1, "text");
  wanted.created = "2020-01-02T03:04:05Z";
  wanted.latest_time = 5;
  const auto inode = LayerTree(wanted.directory).info("diff/file").st_ino;
  const auto answers = serve_layer_orders({wanted});
  expect_layer(answers.at(1), "");
  EXPECT_FALSE(answers.at(1).was_there);
  EXPECT_EQ(LayerTree(paths_->layer(answers.at(1).chain_id)).info("diff/file").st_ino, inode);
  EXPECT_EQ(LayerTree(paths_->layer(answers.at(1).chain_id)).info("diff/file").st_mtim.tv_sec, 5);
  EXPECT_EQ(layers_->get(answers.at(1).chain_id).created, "2020-01-02T03:04:05Z");
  EXPECT_FALSE(sys::exists(wanted.directory));
  // The lock went with it, and is shared when the maker says so.
  EXPECT_TRUE(sys::is_locked(paths_->layer(answers.at(1).chain_id)));
  const auto kept = staged_.at(1).release();
  EXPECT_FALSE(sys::is_locked(paths_->layer(answers.at(1).chain_id)));
  EXPECT_FALSE(sys::try_lock(paths_->layer(answers.at(1).chain_id), sys::LockMode::exclusive));
}

TEST_F(LayerServiceTest, ParentsMayComeAfterTheirChildren) {
  const auto answers =
      serve_layer_orders({order_on(3, "three", 2), order_on(2, "two", 1), order(1, "one"), order_on(4, "four", 1)});
  expect_layer(answers.at(1), "");
  expect_layer(answers.at(2), answers.at(1).chain_id);
  expect_layer(answers.at(3), answers.at(2).chain_id);
  expect_layer(answers.at(4), answers.at(1).chain_id);
  const auto place = [&](std::uint64_t number) {
    return std::find(told_.begin(), told_.end(), number) - told_.begin();
  };
  EXPECT_LT(place(1), place(2));
  EXPECT_LT(place(2), place(3));
}

TEST_F(LayerServiceTest, AParentOfTheStoreIsNamedByItsChainId) {
  const auto below = serve_layer_orders({order(1, "one")}).at(1);
  auto child = order(2, "two");
  child.parent = below.chain_id;
  auto orphan = order(3, "three");
  orphan.parent = std::string(64, 'a');
  const auto answers = serve_layer_orders({child, orphan});
  expect_layer(answers.at(2), below.chain_id);
  ASSERT_TRUE(answers.at(3).error);
  EXPECT_EQ(answers.at(3).error->kind, "not_found");
  EXPECT_TRUE(sys::exists(orphan.directory));
}

TEST_F(LayerServiceTest, ALayerThatIsThereStaysAndIsHeld) {
  const auto first = serve_layer_orders({order(1, "same")}).at(1);
  staged_.at(1).release();
  const auto again = order(2, "same");
  auto in = sys::make_pipe(), out = sys::make_pipe();
  std::thread service([&] { serve_layers(*paths_, in.read.get(), out.write.get()); });
  sys::write_all(in.write.get(), line(again), "orders");
  const auto answer = read_answer(out.read.get());
  EXPECT_TRUE(answer.was_there);
  EXPECT_EQ(answer.chain_id, first.chain_id);
  // Neither rmi nor prune can take it while the build may count on it.
  EXPECT_FALSE(sys::try_lock(paths_->layer(first.chain_id), sys::LockMode::exclusive));
  in.write.reset();
  service.join();
  EXPECT_TRUE(sys::try_lock(paths_->layer(first.chain_id), sys::LockMode::exclusive));
  EXPECT_TRUE(sys::exists(again.directory + "/diff/file")) << "who made it removes it";
}

TEST_F(LayerServiceTest, TwoOrdersOfOneLayerInOneBuild) {
  const auto answers = serve_layer_orders({order(1, "same"), order(2, "same"), order_on(3, "top", 2)});
  EXPECT_EQ(answers.at(1).chain_id, answers.at(2).chain_id);
  EXPECT_NE(answers.at(1).was_there, answers.at(2).was_there);
  expect_layer(answers.at(3), answers.at(1).chain_id);
}

TEST_F(LayerServiceTest, AFailureTakesItsChildrenWithItAndNobodyElse) {
  auto bad = order(1, "x");
  sys::make_directory(bad.directory + "/diff/.wh.d", 0755);
  sys::write_file(bad.directory + "/diff/.wh.d/f", "");
  const auto answers = serve_layer_orders(
      {bad, order_on(2, "two", 1), order_on(3, "three", 2), order(4, "four"), order_on(5, "five", 4)});
  for (const std::uint64_t number : {1u, 2u, 3u}) {
    ASSERT_TRUE(answers.at(number).error) << number;
    EXPECT_THAT(answers.at(number).error->message, HasSubstr("would be a whiteout"));
    EXPECT_TRUE(sys::exists(staged_.at(number).path()));
  }
  EXPECT_THAT(answers.at(3).error->message, HasSubstr("the layer beneath could not be made"));
  expect_layer(answers.at(4), "");
  expect_layer(answers.at(5), answers.at(4).chain_id);
  EXPECT_EQ(layers_->list().size(), 2u);
}

TEST_F(LayerServiceTest, OrdersThatWaitForNothingOrForThemselvesFail) {
  const auto answers = serve_layer_orders({order_on(1, "one", 9), order_on(2, "two", 3), order_on(3, "three", 2)});
  EXPECT_THAT(answers.at(1).error.value().message, HasSubstr("the order 9 beneath it was never given"));
  EXPECT_THAT(answers.at(2).error.value().message, HasSubstr("waits for itself"));
  EXPECT_TRUE(answers.at(3).error);
  EXPECT_THAT(layers_->list(), IsEmpty());
}

TEST_F(LayerServiceTest, OnlyStagedDirectoriesAreTaken) {
  sys::make_directory(folder_ + "/elsewhere");
  LayerTree(folder_ + "/elsewhere").file("diff/file");
  sys::make_symlink(folder_ + "/elsewhere", paths_->staging() + "/link");
  std::vector<LayerOrder> orders(4);
  orders[0].directory = folder_ + "/elsewhere";
  orders[1].directory = paths_->staging() + "/link";
  orders[2].directory = paths_->staging() + "/..";
  orders[3].directory = paths_->staging() + "/gone";
  for (std::size_t i = 0; i < orders.size(); ++i) orders[i].number = i;
  const auto answers = serve_layer_orders(orders);
  for (const auto& [number, answer] : answers) EXPECT_TRUE(answer.error) << number;
  EXPECT_THAT(answers.at(0).error->message, HasSubstr("it is not in"));
  EXPECT_EQ(sys::list_directory(folder_ + "/elsewhere").size(), 1u);
}

TEST_F(LayerServiceTest, ManyLayersAtOnce) {
  std::vector<LayerOrder> orders;
  for (std::uint64_t i = 1; i <= 60; ++i)
    orders.push_back(i % 4 == 1 ? order(i, std::to_string(i)) : order_on(i, std::to_string(i), i - 1));
  std::reverse(orders.begin(), orders.end());
  const auto answers = serve_layer_orders(orders);
  for (const auto& [number, answer] : answers)
    expect_layer(answer, number % 4 == 1 ? "" : answers.at(number - 1).chain_id);
}

TEST_F(LayerServiceTest, WhatIsNoOrderEndsTheService) {
  EXPECT_THROW(serve("{\"nonsense\":1}\n"), Error);
  EXPECT_THROW(serve("not json\n"), Error);
  EXPECT_THROW(serve("{\"layer\":{\"number\":1}"), Error);
  const auto one = order(1, "one");
  EXPECT_THROW(serve(line(one) + line(one)), Error);
}

// Killed at any moment it leaves whole layers, and directories that a sweep takes.
TEST_F(LayerServiceTest, KilledItLeavesWholeLayersAndRubbishInStaging) {
  std::vector<LayerOrder> orders;
  std::string text;
  for (std::uint64_t i = 1; i <= 8; ++i) {
    auto one = i == 1 ? order(i, "1") : order_on(i, std::to_string(i), i - 1);
    for (int n = 0; n < 40; ++n)
      LayerTree(one.directory).file("diff/d/" + std::to_string(n), std::string(100'000, 'x'));
    text += line(one);
  }
  auto in = sys::make_pipe(), out = sys::make_pipe();
  sys::Pid service = sys::fork_child([&] {
    in.write.reset();
    serve_layers(*paths_, in.read.get(), out.write.get());
    return 0;
  });
  out.write.reset();
  sys::write_all(in.write.get(), text, "orders");
  const auto first = read_answer(out.read.get());
  service.kill(SIGKILL);
  EXPECT_EQ(service.wait().signal, SIGKILL);
  EXPECT_EQ(first.number, 1u);
  staged_.clear();
  store::sweep_staging(*paths_);
  EXPECT_THAT(sys::list_directory(paths_->staging()), IsEmpty());
  ASSERT_TRUE(layers_->has(first.chain_id));
  for (const auto& chain : layers_->list()) {
    const auto meta = layers_->get(chain);
    EXPECT_TRUE(meta.parent.empty() || layers_->has(meta.parent));
    Hasher hasher;
    rebuild_tar(paths_->layer(chain), [&](Bytes data) { hasher.update(data); });
    EXPECT_EQ(hasher.finish(), meta.diff_id);
  }
}

}  // namespace
}  // namespace lichen::image
