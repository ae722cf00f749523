// Classes that dflowc says how to take apart: what it generates, written by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/serialize/includes.h"
#include "tests/serialize/support.h"

namespace {

using dflow::testing::round_trip;

/// Private members, no default constructor, a constant, an array, a nested private class.
class Account {
 public:
  Account(int number, std::string owner) : number_(number), owner_(std::move(owner)) {}
  bool operator==(const Account&) const = default;

 private:
  struct Entry {
    long value;
    bool operator==(const Entry&) const = default;
  };
  int number_;
  const std::string owner_;
  std::vector<Entry> entries_{{3}, {4}};
  int rates_[2][2] = {{1, 2}, {3, 4}};
};

class Counter {
 public:
  void count() { ++n_; }
  int n() const { return n_; }

 private:
  int n_ = 0;
};

struct Named {
  std::string name;
};
struct Aged {
  int age = 0;
};
struct Person : private Named, Aged {
  Person(std::string n, int a, double h) : Named{std::move(n)}, Aged{a}, height(h) {}
  const std::string& who() const { return name; }
  double height;
};
struct Words : std::vector<std::string> {
  int language = 0;
};
struct Failure : std::runtime_error {
  explicit Failure(int c) : runtime_error("failed"), code(c) {}
  const char* what() const noexcept override { return text.c_str(); }
  int code;
  std::string text = "with code " + std::to_string(code);
};
template <class T>
class Box {
 public:
  explicit Box(T value) : value_(std::move(value)) {}
  const T& value() const { return value_; }

 private:
  T value_;
};

/// Counts how many of them live; the third that is read is damaged.
struct Tracked {
  static inline int alive = 0;
  Tracked() { ++alive; }
  Tracked(const Tracked&) { ++alive; }
  Tracked& operator=(const Tracked&) = delete;
  ~Tracked() { --alive; }
};
class Trackers {
 public:
  Trackers(const Trackers&) = default;
  explicit Trackers(int) {}

 private:
  Tracked one_;
  Tracked more_[2];
  bool flag_ = false;
};

}  // namespace

template <>
struct dflow::Serialize<Tracked> {
  static void write(Writer& out, const Tracked&) { out.write('t'); }
  static Tracked read(Reader& in) {
    if (in.read<char>() != 't') in.fail("is no tracked");
    return {};
  }
};

// NOLINTBEGIN: as dflowc writes it
template struct ::dflow::detail::Expose<
    ::Account, ::dflow::detail::Member<&::Account::number_>, ::dflow::detail::Member<&::Account::owner_>,
    ::dflow::detail::Member<&::Account::entries_>, ::dflow::detail::Member<&::Account::rates_>>;
template struct ::dflow::detail::Expose<::Counter, ::dflow::detail::Member<&::Counter::n_>>;
template struct ::dflow::detail::Expose<::Person, ::dflow::detail::Member<&::Named::name>,
                                        ::dflow::detail::Member<&::Aged::age>,
                                        ::dflow::detail::Member<&::Person::height>>;
template struct ::dflow::detail::Expose<::Words, ::dflow::detail::Base<::std::vector<::std::string>>,
                                        ::dflow::detail::Member<&::Words::language>>;
template struct ::dflow::detail::Expose<::Failure, ::dflow::detail::Base<::std::runtime_error>,
                                        ::dflow::detail::Member<&::Failure::code>,
                                        ::dflow::detail::Member<&::Failure::text>>;
template struct ::dflow::detail::Expose<::Box<::Counter>, ::dflow::detail::Member<&::Box<::Counter>::value_>>;
template struct ::dflow::detail::Expose<::Trackers, ::dflow::detail::Member<&::Trackers::one_>,
                                        ::dflow::detail::Member<&::Trackers::more_>,
                                        ::dflow::detail::Member<&::Trackers::flag_>>;
// NOLINTEND

namespace {

TEST(ExposedClasses, KeepPrivateMembersWithoutTheirConstructors) {
  const Account account(4, "Ada, who has a name of more than fifteen letters");
  EXPECT_EQ(round_trip(account), account);
  Counter counter;
  counter.count();
  EXPECT_EQ(round_trip(counter).n(), 1);
  EXPECT_EQ(round_trip(Box<Counter>(counter)).value().n(), 1);
}

TEST(ExposedClasses, KeepBases) {
  const Person person = round_trip(Person("Ada", 36, 1.65));
  EXPECT_EQ(person.who(), "Ada");
  EXPECT_EQ(person.age, 36);
  EXPECT_EQ(person.height, 1.65);
  Words words;
  words.push_back("hello");
  words.language = 7;
  EXPECT_THAT(round_trip(words), ::testing::ElementsAre("hello"));
  EXPECT_EQ(round_trip(words).language, 7);
}

TEST(ExposedClasses, KeepExceptionsThatHaveNoDefault) {
#if defined(__has_feature)
#if __has_feature(undefined_behavior_sanitizer)
  GTEST_SKIP() << "the sanitizer sees that the object moved from was never constructed";
#endif
#endif
  const Failure failure = round_trip(Failure(9));
  EXPECT_EQ(failure.code, 9);
  EXPECT_STREQ(static_cast<const std::exception&>(failure).what(), "with code 9");
  EXPECT_STREQ(failure.std::runtime_error::what(), "failed");
}

TEST(ExposedClasses, KeepTheStandardsAndDflowsExceptions) {
  EXPECT_STREQ(round_trip(std::invalid_argument("no such day")).what(), "no such day");
  EXPECT_STREQ(round_trip(dflow::TimeoutError("too slow")).what(), "too slow");
  static_assert(dflow::Serializable<std::exception> && !dflow::Serializable<std::exception_ptr>);
}

TEST(ExposedClasses, AreFlatWhereNothingIsBetweenTheirMembers) {
  static_assert(dflow::detail::Flat<Counter> && !dflow::detail::Flat<Account>);
  std::vector<Counter> counters(1000);
  counters[7].count();
  EXPECT_EQ(round_trip(counters)[7].n(), 1);
}

TEST(ExposedClasses, LeaveNothingBehindWhenBytesAreDamaged) {
  const auto whole = dflow::to_bytes(Trackers(1));
  {
    const auto copy = dflow::from_bytes<Trackers>(whole);
    EXPECT_EQ(Tracked::alive, 3);
  }
  for (std::size_t damaged = 0; damaged < whole.size(); ++damaged) {
    auto bytes = whole;
    bytes[damaged] = std::byte{2};
    EXPECT_THROW(dflow::from_bytes<Trackers>(bytes), dflow::SerializeError);
    EXPECT_THROW(dflow::from_bytes<Trackers>(std::span(whole).first(damaged)), dflow::SerializeError);
    EXPECT_EQ(Tracked::alive, 0) << damaged;
  }
}

/// Of a class in a function, which dflowc adds a function to.
TEST(ExposedClasses, MayExposeThemselves) {
  class Local {
   public:
    explicit Local(int x) : x_(x) {}
    int x() const { return x_; }

   private:
    int x_;

   public:
    static auto dflow_parts_() { return ::dflow::detail::Types<::dflow::detail::Member<&Local::x_>>(); }
  };
  EXPECT_EQ(round_trip(Local(5)).x(), 5);
}

}  // namespace
