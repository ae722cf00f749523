// Large values without a copy: sent from where they are, received where they belong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/serialize/allocation_counter.h"
#include "tests/serialize/includes.h"
#include "tests/serialize/support.h"

namespace {

using dflow::Reader;
using dflow::SerializeError;
using dflow::Writer;
using dflow::testing::allocated_bytes;
using dflow::testing::Bytes;

/// Bytes as they arrive. Remembers where large pieces were put.
class Arriving final : public dflow::ByteSource {
 public:
  explicit Arriving(Bytes bytes) : bytes_(std::move(bytes)) {}

  void read(std::span<std::byte> into) override {
    if (into.size() > bytes_.size() - done_) throw SerializeError("the connection broke");
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(done_), into.size(), into.begin());
    done_ += into.size();
    largest_ = std::max(largest_, into.size());
    if (into.size() > 1000) last_ = into.data();
  }

  std::size_t done_ = 0;
  std::size_t largest_ = 0;
  const std::byte* last_ = nullptr;

 private:
  Bytes bytes_;
};

/// Like Eigen's: owns a block, has a shape.
class Matrix {
 public:
  Matrix(std::size_t rows, std::size_t columns) : rows_(rows), columns_(columns), elements_(rows * columns) {}
  std::size_t rows() const { return rows_; }
  std::size_t columns() const { return columns_; }
  std::span<double> elements() { return elements_; }
  std::span<const double> elements() const { return elements_; }

 private:
  std::size_t rows_, columns_;
  std::vector<double> elements_;
};

/// Writes a local variable and a temporary.
struct Computed {
  int length = 0;
};

/// Says that what it writes are its members.
struct Record {
  std::vector<char> bytes;
};

}  // namespace

template <>
struct dflow::Serialize<Matrix> {
  static void write(Writer& out, const Matrix& m) {
    out.write_count(m.rows());
    out.write_count(m.columns());
    out.write_payload(std::as_bytes(m.elements()));
  }
  static Matrix read(Reader& in) {
    const auto [rows, columns] = in.read_counts<2>(sizeof(double));
    Matrix m(rows, columns);
    in.read_payload(std::as_writable_bytes(m.elements()));
    return m;
  }
};

template <>
struct dflow::Serialize<Computed> {
  static void write(Writer& out, const Computed& c) {
    const std::vector<char> local(static_cast<std::size_t>(c.length), 'l');
    out.write(local);
    out.write(std::vector<char>(static_cast<std::size_t>(c.length), 't'));
    out.write(Matrix(8, static_cast<std::size_t>(c.length)));
  }
  static Computed read(Reader& in) {
    const auto length = static_cast<int>(in.read<std::vector<char>>().size());
    in.read<std::vector<char>>();
    in.read<Matrix>();
    return {length};
  }
};

template <>
struct dflow::Serialize<Record> {
  static constexpr bool borrows = true;
  static void write(Writer& out, const Record& r) { out.write(r.bytes); }
  static Record read(Reader& in) { return {in.read<std::vector<char>>()}; }
};

namespace {

std::size_t borrowed_pieces(const Writer& writer, const void* owner_data) {
  std::size_t count = 0;
  for (const auto piece : writer.segments()) count += piece.data() == owner_data ? 1 : 0;
  return count;
}

TEST(Transfer, SendsPayloadsOfPartsFromWhereTheyAre) {
  struct Grid {
    int step;
    std::vector<double> cells;
    std::map<int, std::string> notes;
  };
  const Grid grid{1, std::vector<double>(1000), {{1, std::string(5000, 'x')}}};
  Writer writer(4096);
  writer.write(grid);
  EXPECT_EQ(borrowed_pieces(writer, grid.cells.data()), 1u);
  EXPECT_EQ(borrowed_pieces(writer, grid.notes.at(1).data()), 1u);
}

TEST(Transfer, SendsPayloadsThatASerializePointsOut) {
  const std::vector<Matrix> several(2, Matrix(100, 10));
  Writer writer(4096);
  writer.write(several);
  EXPECT_EQ(borrowed_pieces(writer, several[0].elements().data()), 1u);
  EXPECT_EQ(borrowed_pieces(writer, several[1].elements().data()), 1u);
}

TEST(Transfer, CopiesWhatMayEndBeforeItIsSent) {
  Writer writer(64);
  writer.write(Computed{500});
  EXPECT_EQ(writer.segments().size(), 1u);
  const Computed value{500};
  writer.write(value);
  EXPECT_EQ(writer.segments().size(), 1u);
  writer.write(Matrix(10, 10));
  EXPECT_EQ(writer.segments().size(), 1u);
  EXPECT_EQ(writer.take().size(), 2 * (8 + 500 + 8 + 500 + 16 + 8 * 8 * 500) + 16 + 800);
}

TEST(Transfer, BelievesASerializeThatItsPartsStay) {
  const Record record{std::vector<char>(500)};
  Writer writer(64);
  writer.write(record);
  EXPECT_EQ(borrowed_pieces(writer, record.bytes.data()), 1u);
}

TEST(Transfer, ReceivesPayloadsWhereTheyBelong) {
  Matrix sent(500, 400);
  sent.elements()[7] = 7;
  Arriving arriving(dflow::to_bytes(sent));
  Reader reader(arriving, dflow::to_bytes(sent).size());
  const Matrix received = reader.read<Matrix>();
  EXPECT_EQ(received.elements()[7], 7);
  EXPECT_EQ(received.rows(), 500u);
  const auto* begin = reinterpret_cast<const std::byte*>(received.elements().data());
  EXPECT_TRUE(arriving.last_ > begin && arriving.last_ < begin + received.elements().size_bytes());
  EXPECT_EQ(reader.remaining(), 0u);
}

TEST(Transfer, ReceivesAnythingThatCanBeSent) {
  using All = std::tuple<std::string, std::vector<std::string>, std::vector<std::uint32_t>,
                         std::map<int, double>, Matrix>;
  std::vector<std::uint32_t> numbers(300'000);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<std::uint32_t>(i * i);
  All all{std::string(70'000, 's'),
          std::vector<std::string>(20'000, "element"),
          numbers,
          {{1, 2.5}},
          Matrix(30, 3)};
  const Bytes bytes = dflow::to_bytes(all);
  Arriving arriving(bytes);
  Reader reader(arriving, bytes.size());
  EXPECT_EQ(dflow::to_bytes(reader.read<All>()), bytes);
  EXPECT_EQ(arriving.done_, bytes.size());
}

TEST(Transfer, NeverReadsBeyondTheSizeAnnounced) {
  Bytes bytes = dflow::to_bytes(std::vector<int>(10));
  bytes.resize(bytes.size() + 1000);
  Arriving arriving(bytes);
  Reader reader(arriving, 48);
  EXPECT_EQ(reader.read<std::vector<int>>().size(), 10u);
  EXPECT_EQ(arriving.done_, 48u);
  EXPECT_THROW(reader.read<char>(), SerializeError);
}

TEST(Transfer, EveryTruncationThrows) {
  const Bytes whole =
      dflow::to_bytes(std::tuple(std::string("text"), std::vector<int>(40'000), Matrix(3, 4)));
  using T = std::tuple<std::string, std::vector<int>, Matrix>;
  for (std::size_t length = 0; length < whole.size(); length += length < 100 ? 1 : 997) {
    Arriving announced(whole);
    Reader short_one(announced, length);
    EXPECT_THROW(short_one.read<T>(), SerializeError);
    Arriving broken(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length)));
    Reader cut_off(broken, whole.size());
    EXPECT_THROW(cut_off.read<T>(), SerializeError);
  }
}

TEST(Transfer, ShapesThatNoMemoryCouldHoldThrowBeforeMemoryIsTaken) {
  for (const std::uint64_t rows : {std::uint64_t{1} << 32, ~std::uint64_t{0}, std::uint64_t{5}}) {
    for (const std::uint64_t columns : {std::uint64_t{1} << 32, ~std::uint64_t{0}, std::uint64_t{7}}) {
      Writer writer;
      writer.write_count(rows);
      writer.write_count(columns);
      const Bytes bytes = writer.take();
      const std::size_t before = allocated_bytes();
      EXPECT_THROW(dflow::from_bytes<Matrix>(bytes), SerializeError) << rows << " " << columns;
      EXPECT_LT(allocated_bytes() - before, 4096u);
    }
  }
}

TEST(Transfer, RawBytesThatAreAnnouncedButNeverComeTakeLittleMemory) {
  const Bytes few(100);
  Arriving arriving(few);
  Reader reader(arriving, std::size_t{1} << 40);
  const std::size_t before = allocated_bytes();
  EXPECT_THROW(reader.read_bytes(std::size_t{1} << 39), SerializeError);
  EXPECT_LT(allocated_bytes() - before, std::size_t{4} << 20);
}

}  // namespace
