// Exceptions from process to process: as bytes and back.
#include <dflow/dflow.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <regex>
#include <system_error>
#include <thread>

namespace {

using dflow::Reader;
using dflow::SerializeError;
using dflow::Writer;

struct BadSensor : std::runtime_error {
  explicit BadSensor(int n) : runtime_error("bad sensor"), number(n) {}
  int number;
};
struct Unheard : std::logic_error {
  using std::logic_error::logic_error;
};
struct NoException {};
struct Unwritable : std::runtime_error {
  using std::runtime_error::runtime_error;
};
struct Unreadable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace

template <>
struct dflow::Serialize<Unwritable> {
  static void write(Writer&, const Unwritable&) { throw std::logic_error("cannot be written"); }
  static Unwritable read(Reader&) { return Unwritable("of bytes"); }
};

template <>
struct dflow::Serialize<Unreadable> {
  static void write(Writer&, const Unreadable&) {}
  static Unreadable read(Reader&) { throw std::logic_error("cannot be read"); }
};

template <>
struct dflow::Serialize<BadSensor> {
  static void write(Writer& out, const BadSensor& e) { out.write(e.number); }
  static BadSensor read(Reader& in) { return BadSensor(in.read<int>()); }
};

namespace {

const bool known = dflow::register_exception<BadSensor>() && dflow::register_exception<Unwritable>() && dflow::register_exception<Unreadable>();

std::vector<std::byte> bytes_of(const std::exception_ptr& error) {
  Writer out;
  dflow::detail::write_exception(error, out);
  return out.take();
}

std::exception_ptr arrived(const std::exception_ptr& error) {
  const auto bytes = bytes_of(error);
  Reader in(bytes);
  auto result = dflow::detail::read_exception(in, "worker 3");
  EXPECT_EQ(in.remaining(), 0u);
  return result;
}

template <class E>
std::exception_ptr sent(const E& error) {
  return arrived(std::make_exception_ptr(error));
}

/// The exception that arrives, if it is of the type that was sent.
template <class E>
std::optional<E> round_trip(const E& error) {
  try {
    std::rethrow_exception(sent(error));
  } catch (const E& arrived) {
    if (typeid(arrived) == typeid(E)) return arrived;
  } catch (...) {
  }
  return std::nullopt;
}

TEST(Exceptions, OfTheStandardAndOfDflowKeepTypeAndMessage) {
  EXPECT_STREQ(round_trip(std::out_of_range("index 7"))->what(), "index 7");
  EXPECT_STREQ(round_trip(dflow::TimeoutError("late"))->what(), "late");
  EXPECT_TRUE(round_trip(std::bad_alloc()).has_value());
  EXPECT_TRUE(round_trip(std::bad_optional_access()).has_value());
  EXPECT_EQ(round_trip(42), 42);
  EXPECT_EQ(round_trip(std::string("text")), "text");
  const std::system_error full(std::make_error_code(std::errc::no_space_on_device), "writing");
  EXPECT_STREQ(round_trip(full)->what(), full.what());
  EXPECT_EQ(round_trip(full)->code(), full.code());
}

TEST(Exceptions, OfFilesStreamsAndExpressionsKeepWhatTheySay) {
  const std::filesystem::filesystem_error moved("cannot move", "/a", "/b",
                                                std::make_error_code(std::errc::io_error));
  EXPECT_STREQ(round_trip(moved)->what(), moved.what());
  EXPECT_EQ(round_trip(moved)->path2(), "/b");
  EXPECT_EQ(round_trip(moved)->code(), moved.code());
  const std::ios_base::failure torn("torn", std::io_errc::stream);
  EXPECT_STREQ(round_trip(torn)->what(), torn.what());
  EXPECT_EQ(round_trip(torn)->code(), torn.code());
  const std::future_error broken(std::future_errc::broken_promise);
  EXPECT_EQ(round_trip(broken)->code(), broken.code());
}

TEST(Exceptions, ThatTheLibraryThrowsAreCaughtByTheirStandardNames) {
  try {
    std::ifstream file("/no/such/file");
    file.exceptions(std::ios_base::failbit);
    FAIL();
  } catch (const std::exception& thrown) {
    EXPECT_THROW(std::rethrow_exception(arrived(std::current_exception())), std::ios_base::failure);
  }
  try {
    std::regex expression("(");
    FAIL();
  } catch (const std::regex_error& thrown) {
    try {  // through two processes
      std::rethrow_exception(arrived(arrived(std::current_exception())));
    } catch (const std::regex_error& error) {
      EXPECT_EQ(error.code(), thrown.code());
      EXPECT_STREQ(error.what(), thrown.what());
    }
  }
}

/// A program's own category: its address tells it, and that is another one elsewhere.
TEST(Exceptions, OfAnotherCategoryArriveWithTheirText) {
  const struct : std::error_category {
    const char* name() const noexcept override { return "sensors"; }
    std::string message(int) const override { return "too hot"; }
  } sensors;
  try {
    std::rethrow_exception(sent(std::system_error(7, sensors, "sensor 3")));
    FAIL();
  } catch (const dflow::RemoteError& error) {
    EXPECT_EQ(error.message(), "sensor 3: too hot");
  }
}

TEST(Exceptions, ThatAreRegisteredKeepTheirMembers) {
  ASSERT_TRUE(known);
  EXPECT_EQ(round_trip(BadSensor(9))->number, 9);
}

TEST(Exceptions, OfOtherTypesArriveAsRemoteErrors) {
  try {
    std::rethrow_exception(sent(Unheard("never seen")));
  } catch (const dflow::RemoteError& error) {
    EXPECT_THAT(error.type(), ::testing::HasSubstr("Unheard"));
    EXPECT_EQ(error.message(), "never seen");
    EXPECT_EQ(error.worker(), "worker 3");
    EXPECT_EQ(round_trip(error)->worker(), "worker 3");
  }
  EXPECT_THROW(std::rethrow_exception(sent(NoException())), dflow::RemoteError);
}

TEST(Exceptions, ThatTheirOwnCodeCannotSendArriveWithTheirText) {
  for (const auto& error : {sent(Unwritable("hello world")), sent(Unreadable("hello world"))}) {
    try {
      std::rethrow_exception(error);
    } catch (const dflow::RemoteError& remote) {
      EXPECT_EQ(remote.message(), "hello world");
    }
  }
}

TEST(Exceptions, FromDamagedBytesAreRefused) {
  const auto whole = bytes_of(std::make_exception_ptr(BadSensor(9)));
  for (std::size_t length = 0; length < whole.size(); ++length) {
    Reader in{std::span(whole).first(length)};
    EXPECT_THROW(dflow::detail::read_exception(in, "w"), SerializeError) << length;
  }
}

[[gnu::noinline]] int throws_far_down(int x) {
  if (x > 0) throw std::out_of_range("far down");
  return x;
}

TEST(Exceptions, OfBodiesTellWhereTheyWereThrown) {
  dflow::Executor ex({.threads = 2});
  auto failed = ex.submit([](int n) { return throws_far_down(n) + 1; }, 1);
  auto behind = ex.submit([](int n) { return n; }, failed);
  auto rethrown = ex.submit([&] { return failed.get(); });
  rethrown.wait();
  behind.wait();
  const auto origin = dflow::origin_of(failed);
  ASSERT_TRUE(origin);
  EXPECT_EQ(origin->worker, "");
  ASSERT_FALSE(origin->stack.empty());
  EXPECT_THAT(origin->stack[0], ::testing::HasSubstr("runtime_test+0x"));
  EXPECT_THAT(origin->text(), ::testing::StartsWith("thrown in this process\n  "));
  for (const auto& error : {behind.exception(), rethrown.exception()}) EXPECT_EQ(dflow::origin_of(error)->stack, origin->stack);
}

TEST(Exceptions, OfBodiesAreForgottenWithTheLastFuture) {
  dflow::Executor ex({.threads = 1});
  std::exception_ptr error;
  {
    auto failed = ex.submit([](int n) { return throws_far_down(n); }, 1);
    failed.wait();
    error = failed.exception();
    EXPECT_TRUE(dflow::origin_of(error));
  }
  while (dflow::origin_of(error)) std::this_thread::yield();  // the thread that ran the body may hold it for a moment
  EXPECT_FALSE(dflow::origin_of(std::make_exception_ptr(Unheard("of no task"))));
  EXPECT_FALSE(dflow::origin_of(std::exception_ptr()));
  EXPECT_FALSE(dflow::origin_of(ex.submit([] {})));
}

}  // namespace
