// Large values between workers, and between them and the client: whatever way they take, they are the same.
#include <map>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/cluster/client_cluster.h"

namespace dflow::testing {
namespace {

using ::testing::HasSubstr;

class Transfers : public SharedCluster {
 protected:
  auto on(int worker) { return ex.with({.workers = {"worker-" + std::to_string(worker)}}); }
};

/// Like a matrix library's: a shape, and a block.
class Matrix {
 public:
  Matrix(std::size_t rows, std::size_t columns) : rows_(rows), columns_(columns), elements_(rows * columns) {}
  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  std::vector<double>& elements() { return elements_; }
  const std::vector<double>& elements() const { return elements_; }

 private:
  std::size_t rows_, columns_;
  std::vector<double> elements_;
};

/// Its bytes are refused where they come to.
struct Refused {
  std::vector<int> data;
};
struct RefusedOtherwise {
  std::vector<int> data;
};

}  // namespace
}  // namespace dflow::testing

template <>
struct dflow::Serialize<dflow::testing::Matrix> {
  using Matrix = dflow::testing::Matrix;
  static void write(Writer& out, const Matrix& m) {
    out.write_count(m.rows());
    out.write_count(m.columns());
    out.write_payload(std::as_bytes(std::span(m.elements())));
  }
  static Matrix read(Reader& in) {
    const auto [rows, columns] = in.read_counts<2>(sizeof(double));
    Matrix m(rows, columns);
    in.read_payload(std::as_writable_bytes(std::span(m.elements())));
    return m;
  }
};
template <>
struct dflow::Serialize<dflow::testing::Refused> {
  static void write(Writer& out, const dflow::testing::Refused& r) { out.write(r.data); }
  static dflow::testing::Refused read(Reader& in) {
    in.read_count();
    in.fail("is refused");
  }
};
template <>
struct dflow::Serialize<dflow::testing::RefusedOtherwise> {
  static void write(Writer& out, const dflow::testing::RefusedOtherwise& r) { out.write(r.data); }
  static dflow::testing::RefusedOtherwise read(Reader& in) {
    in.read<std::vector<int>>();
    throw std::domain_error("not here");
  }
};

namespace dflow::testing {
namespace {

std::vector<double> series(int size) {
  std::vector<double> all(static_cast<std::size_t>(size));
  std::iota(all.begin(), all.end(), 0.5);
  return all;
}
double sum(const std::vector<double>& all) {
  return std::accumulate(all.begin(), all.end(), 0.0);
}
Matrix matrix(int rows, int columns) {
  Matrix m(static_cast<std::size_t>(rows), static_cast<std::size_t>(columns));
  std::iota(m.elements().begin(), m.elements().end(), 1);
  return m;
}
double corner(const Matrix& m) {
  return m.elements().back() + static_cast<double>(m.rows());
}
std::map<int, std::string> texts(int count) {
  std::map<int, std::string> all;
  for (int i = 0; i < count; ++i)
    all[i] = std::string(static_cast<std::size_t>(i) * 100, static_cast<char>('a' + i % 26));
  return all;
}
std::map<int, std::string> same_texts(std::map<int, std::string> all) {
  return all;
}
std::string letters(int count) {
  return std::string(static_cast<std::size_t>(count), 'x') + "end";
}
std::string ending(const std::string& text) {
  return text.substr(text.size() - 3) + std::to_string(text.size());
}
Refused refused(int size) {
  return {std::vector<int>(static_cast<std::size_t>(size), 1)};
}
RefusedOtherwise refused_otherwise(int size) {
  return {std::vector<int>(static_cast<std::size_t>(size), 1)};
}
template <class T>
int size_of(const T& value) {
  return static_cast<int>(value.data.size());
}

TEST_F(Transfers, NumbersOfAllSizes) {
  for (const int size : {1, 8191, 8192, 40'000, 1'000'003, 5'000'000}) {
    const auto made = on(1).submit(series, size);
    EXPECT_EQ(on(2).submit(sum, made).get(), sum(series(size))) << size;
    EXPECT_EQ(made.get(), series(size)) << size;
  }
}

TEST_F(Transfers, UsersTypesWithABlock) {
  const auto made = on(1).submit(matrix, 2000, 1000);
  EXPECT_EQ(on(2).submit(corner, made).get(), 2'002'000);
  EXPECT_EQ(corner(made.get()), 2'002'000);
}

TEST_F(Transfers, ManyPieces) {
  const auto made = on(1).submit(texts, 300);
  EXPECT_EQ(on(2).submit(same_texts, made).get(), texts(300));
}

TEST_F(Transfers, Strings) {
  EXPECT_EQ(on(2).submit(ending, on(1).submit(letters, 9'000'000)).get(), "end9000003");
}

TEST_F(Transfers, ScatteredValues) {
  const auto placed = ex.scatter(series(1'000'000), 2);
  EXPECT_EQ(on(1).submit(sum, placed).get(), sum(series(1'000'000)));
  EXPECT_EQ(on(3).submit(sum, placed).get(), sum(series(1'000'000)));
}

/// From a worker that got it to a third.
TEST_F(Transfers, PassedOn) {
  const auto made = on(1).submit(series, 2'000'000);
  ex.replicate(std::vector{made}, 3);
  for (int worker = 1; worker <= 3; ++worker)
    EXPECT_EQ(on(worker).submit(sum, made).get(), sum(series(2'000'000)));
}

TEST_F(Transfers, FailsWhoNeedsWhatCannotBeRead) {
  for (const int size : {10, 1'000'000}) {
    const auto made = on(1).submit(refused, size);
    try {
      on(2).submit(size_of<Refused>, made).get();
      FAIL() << size;
    } catch (const SerializeError& error) {
      EXPECT_THAT(error.what(), HasSubstr("is refused")) << size;
    }
    EXPECT_THROW(made.get(), SerializeError) << size;
  }
}

TEST_F(Transfers, KeepsTheTypeOfWhatReadingThrew) {
  for (const int size : {10, 1'000'000}) {
    const auto made = on(1).submit(refused_otherwise, size);
    EXPECT_THROW(on(2).submit(size_of<RefusedOtherwise>, made).get(), std::domain_error) << size;
    EXPECT_THROW(made.get(), std::domain_error) << size;
  }
}

TEST_F(Transfers, SeveralAtOnce) {
  std::vector<Future<std::vector<double>>> made;
  for (int i = 0; i < 12; ++i) made.push_back(on(i % 3 + 1).submit(series, 300'000 + i));
  std::vector<Future<double>> sums;
  for (int i = 0; i < 12; ++i) {
    for (int worker = 1; worker <= 3; ++worker)
      sums.push_back(on(worker).submit(sum, made[static_cast<std::size_t>(i)]));
  }
  for (std::size_t i = 0; i < sums.size(); ++i)
    EXPECT_EQ(sums[i].get(), sum(series(300'000 + static_cast<int>(i / 3))));
}

}  // namespace
}  // namespace dflow::testing
