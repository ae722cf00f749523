// What tasks with the same inputs have in common, and what not.
#include "runtime/cluster/common_arguments.h"

#include <dflow/dflow.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "runtime/cluster/task_codec.h"
#include "runtime/cluster/value_store.h"

namespace dflow::cluster {

/// Whose copies cannot be made.
struct Unique {
  Unique() = default;
  Unique(const Unique&) { throw std::runtime_error("there is one of me"); }
  Unique& operator=(const Unique&) = default;
  Unique(Unique&&) = default;
  int number = 0;
};

}  // namespace dflow::cluster

template <>
struct dflow::Serialize<dflow::cluster::Unique> {
  static void write(Writer& out, const dflow::cluster::Unique& unique) { out.write(unique.number); }
  static dflow::cluster::Unique read(Reader& in) {
    dflow::cluster::Unique unique;
    unique.number = in.read<int>();
    return unique;
  }
};

namespace dflow::cluster {
namespace {

using ::testing::HasSubstr;
using Place = std::uintptr_t;
using List = std::vector<Future<int>>;

Place place_of(const std::vector<int>& list, int) { return reinterpret_cast<Place>(list.data()); }
Place place_of_copy(std::vector<int> list, int add) {
  for (int& each : list) each += add;
  const auto place = reinterpret_cast<Place>(list.data());
  return place;
}
int sum_of(const std::vector<int>& list, int add) {
  for (const int each : list) add = add * 10 + each;
  return add;
}
int count_of(const std::vector<Unique>& list) { return static_cast<int>(list.size()); }

/// Tasks of one program, as bytes, and made of them again. Input i is that of number i.
class CommonArgumentsTest : public ::testing::Test {
 protected:
  ~CommonArgumentsTest() override {
    later_.set_value();
    executor_.shutdown();
  }
  std::string written(const auto&... call) {
    const auto task = executor_.with(TaskOptions{.after = {open_}}).submit(call...);
    return write_task(*detail::node_of(task), [&](Node& producer) {
      for (std::uint32_t i = 0; i < inputs_.size(); ++i) {
        if (detail::node_of(inputs_[i]) == &producer) return InputRef{.index = i};
      }
      return InputRef{};
    });
  }
  template <class T>
  T run(const std::string& bytes, CommonArguments* common) {
    NodeRef task = read(bytes, common);
    tasks_.push_back(task);  // so that memory of one task is not another's by chance
    task.get()->run();
    T result = static_cast<detail::Value<T>&>(*task.get()).value();
    return result;
  }
  NodeRef read(const std::string& bytes, CommonArguments* common) {
    Node* node = read_task(bytes, [&](std::uint32_t index, const ValueForm&) {
      Node* input = detail::node_of(inputs_[index]);
      input->retain();
      return NodeRef(input);
    }, common);
    node->release_from_runtime();
    return NodeRef(node);
  }
  List inputs(const std::vector<int>& values) {
    for (const int value : values) inputs_.push_back(executor_.submit([value] { return value; }));
    for (const auto& each : inputs_) each.wait();
    return inputs_;
  }

  Executor executor_{ExecutorOptions{.threads = 1}};
  Promise<void> later_;
  Future<void> open_ = later_.future();
  List inputs_;
  std::vector<NodeRef> tasks_;
  CommonArguments common_;
};

TEST_F(CommonArgumentsTest, TasksThatReadAListHaveOneOfIt) {
  const List list = inputs({1, 2, 3});
  const Place first = run<Place>(written(place_of, list, 1), &common_);
  EXPECT_EQ(run<Place>(written(place_of, list, 2), &common_), first);
  EXPECT_EQ(run<int>(written(sum_of, list, 4), &common_), 4123) << "what comes behind it is the task's own";
}

TEST_F(CommonArgumentsTest, WhoTakesAListHasItsOwn) {
  const List list = inputs({1, 2, 3});
  const Place first = run<Place>(written(place_of, list, 1), &common_);
  EXPECT_NE(run<Place>(written(place_of_copy, list, 1), &common_), first);
  EXPECT_EQ(run<int>(written(sum_of, list, 4), &common_), 4123);
}

TEST_F(CommonArgumentsTest, WhatIsMadeTwiceAtOnceIsKeptOnce) {
  const ValueForm form{};
  const auto made = std::make_shared<const int>(1);
  const auto bytes = [](char byte) { return std::vector<std::byte>(3, std::byte(byte)); };
  for (int i = 0; i < 4; ++i) common_.add(form, bytes('a'), made);
  for (const char other : {'b', 'c', 'd'}) common_.add(form, bytes(other), made);
  for (const char each : {'a', 'b', 'c', 'd'}) EXPECT_EQ(common_.find(form, bytes(each)).made, made) << each;
  common_.add(form, bytes('e'), made);
  EXPECT_EQ(common_.find(form, bytes('e')).made, nullptr) << "a task has few lists";
}

TEST_F(CommonArgumentsTest, AnotherOrderOfTheSameInputsIsAnotherList) {
  const List list = inputs({1, 2, 3});
  EXPECT_EQ(run<int>(written(sum_of, list, 4), &common_), 4123);
  EXPECT_EQ(run<int>(written(sum_of, List(list.rbegin(), list.rend()), 4), &common_), 4321);
  EXPECT_EQ(run<int>(written(sum_of, List{list[0], list[1]}, 4), &common_), 412);
}

TEST_F(CommonArgumentsTest, WithoutThemEachTaskHasItsOwn) {
  const List list = inputs({1, 2, 3});
  EXPECT_NE(run<Place>(written(place_of, list, 1), nullptr), run<Place>(written(place_of, list, 1), nullptr));
}

/// A body that throws may be run again, and a task that cannot be read may not.
TEST_F(CommonArgumentsTest, AListThatCannotBeCopiedFailsWithTheBody) {
  std::vector<Future<Unique>> list;
  for (int i = 0; i < 3; ++i) list.push_back(executor_.submit([] { return Unique(); }));
  for (const auto& each : list) each.wait();
  const auto task = executor_.with(TaskOptions{.after = {open_}}).submit(count_of, list);
  const std::string bytes = write_task(*detail::node_of(task), [](Node&) { return InputRef{}; });
  Node* node = read_task(bytes, [&](std::uint32_t, const ValueForm&) {
    Node* input = detail::node_of(list[0]);
    input->retain();
    return NodeRef(input);
  }, &common_);
  node->release_from_runtime();
  const NodeRef read(node);
  EXPECT_THROW(node->run(), std::runtime_error);
}

/// They would stay beside the values for as long as nobody reads them.
TEST_F(CommonArgumentsTest, OnlySmallInputsAreThereTwice) {
  inputs(std::vector<int>(8, 1));
  ValueStore store;
  const auto many = [&](std::uint64_t bytes) {
    std::vector<core::Input> wanted;
    for (std::uint32_t i = 0; i < inputs_.size(); ++i) {
      Node* node = detail::node_of(inputs_[i]);
      node->retain();
      store.put(core::TaskId{i}, core::Attempt{1}, {.object = NodeRef(node)});
      wanted.push_back({.id = core::TaskId{i}, .version = core::Attempt{1}, .bytes = bytes});
    }
    return core::SharedList<core::Input>(std::move(wanted));
  };
  const auto small = many(64 << 10);
  const ValueStore::Objects first = store.objects(small);
  EXPECT_TRUE(first->arguments);
  EXPECT_EQ(store.objects(small), first);
  EXPECT_FALSE(store.objects(many((256 << 10) + 1))->arguments);
  const ValueStore::Objects again = store.objects(small);
  EXPECT_NE(again, first);
  store.drop(core::TaskId{0}, core::Attempt{1});
  EXPECT_NE(store.objects(small), again);
  EXPECT_FALSE(store.objects(small)->arguments) << "one is gone";
}

}  // namespace
}  // namespace dflow::cluster
