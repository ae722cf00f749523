#define XXH_INLINE_ALL
#include "formats/plan.h"

#include <gmock/gmock.h>
#include <xxhash.h>

#include <cstring>

#include "tests/formats/damage.h"
#include "tests/formats/samples.h"

namespace dflow::formats {
namespace {

using ::testing::AllOf;
using testing::for_each_truncation;
using testing::for_random_flips;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::sample_plan;

std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

/// A frame around any payload, as nobody but an attacker writes it.
std::string frame_around(const std::string& payload) {
  std::string frame(24, '\0');
  const std::uint32_t version = 1, checksum = XXH32(payload.data(), payload.size(), 0);
  const std::uint64_t size = payload.size();
  std::memcpy(frame.data(), "DFLOWPLN", 8);
  std::memcpy(frame.data() + 8, &version, 4);
  std::memcpy(frame.data() + 12, &checksum, 4);
  std::memcpy(frame.data() + 16, &size, 8);
  frame += payload;
  frame.resize((frame.size() + 15) / 16 * 16, '\0');
  return frame;
}

TEST(Plan, JsonKeepsEverything) {
  EXPECT_EQ(plan_from_json(plan_to_json(sample_plan())).value(), sample_plan());
}

TEST(Plan, CborKeepsEverything) {
  EXPECT_EQ(plan_from_cbor(plan_to_cbor(sample_plan())).value(), sample_plan());
}

TEST(Plan, TheEntryOfAnOverloadIsKept) {
  Plan plan = sample_plan();
  plan.graphs[0].entry = "word_count:10";
  EXPECT_EQ(plan_from_json(plan_to_json(plan)).value(), plan);
  EXPECT_EQ(plan_from_cbor(plan_to_cbor(plan)).value(), plan);
}

TEST(Plan, FilesOfCallsAndBoundariesAreWrittenWhereTheyAreOthersThanTheGraphs) {
  EXPECT_THAT(plan_to_json(sample_plan()), Not(HasSubstr("\"file\": \"\"")));
  Plan plan = sample_plan();
  plan.graphs[0].segments[1].nodes[0].file = "rows.h";
  plan.graphs[0].boundaries[0].file = "far.cpp";
  const std::string text = plan_to_json(plan);
  EXPECT_THAT(text, AllOf(HasSubstr("\"file\": \"rows.h\""), HasSubstr("\"file\": \"far.cpp\"")));
  EXPECT_EQ(plan_from_json(text).value(), plan);
  EXPECT_EQ(plan_from_cbor(plan_to_cbor(plan)).value(), plan);
  EXPECT_THAT(plan_from_json(with(text, "\"rows.h\"", "7")).message(),
              HasSubstr("graphs[0].segments[1].nodes[0].file: expected"));
}

TEST(Plan, DependencesAndTheReasonForNoneAreKept) {
  Plan plan = testing::affine_plan();
  plan.graphs.push_back(sample_plan().graphs[0]);
  plan.graphs[0].launched = true;
  plan.graphs[0].changes = {{1, Change::Kind::narrowed, 0, ""}, {1, Change::Kind::fused, 2, "{ n1[] -> n2[] }"}};
  plan.graphs[1].not_affine = "line 3: a break is not followed";
  plan.graphs[1].not_launched = "line 4: it is a template";
  plan.graphs[1].abridged = true;
  EXPECT_EQ(plan_from_json(plan_to_json(plan)).value(), plan);
  EXPECT_EQ(plan_from_cbor(plan_to_cbor(plan)).value(), plan);
}

TEST(Plan, DependencesOfNodesThatAreNotThereAreRefused) {
  Plan plan = testing::affine_plan();
  plan.graphs[0].dependences->edges[0].producer = 7;
  EXPECT_THAT(plan_from_json(plan_to_json(plan)).message(),
              HasSubstr("graphs[0].dependences: expected the id of one of the graph's nodes, not 7"));
}

TEST(Plan, JsonIsTheDocumentedOne) {
  const std::string text = plan_to_json(sample_plan());
  for (const char* part :
       {"\"version\": 1", "\"source\": \"app.cpp\"", "\"need\": \"size\"", "\"op\": \"reduce\"",
        "\"kind\": \"future\"", "\"tier\": 2", "\"replicable\": true", "\"expandable\": true"})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST(Plan, ANewerVersionAsksForANewerDflow) {
  const auto read = plan_from_json(with(plan_to_json(sample_plan()), "\"version\": 1", "\"version\": 7"));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.message(), "a plan of version 7, and this dflow reads up to version 1: use a newer dflow");
}

TEST(Plan, AMistakeIsNamedByItsPlace) {
  const auto broken = [](const char* from, const char* to) {
    return plan_from_json(with(plan_to_json(sample_plan()), from, to)).message();
  };
  EXPECT_EQ(
      broken("\"reduce\"", "\"fold\""),
      "graphs[0].segments[1].nodes[0].op: expected one of submit map reduce then graph, found \"fold\"");
  EXPECT_EQ(broken("\"line\": 14", "\"line\": -14"),
            "graphs[0].boundaries[0].line: expected an integer from 0 to 1073741824, found -14");
  EXPECT_EQ(broken("\"signature\"", "\"sig\""), "graphs[0]: expected the key \"signature\", found an object");
  EXPECT_THAT(broken("\"tier\": 2,", "\"tier\": 2, \"tier\": 2,"),
              HasSubstr("the key \"tier\" stands twice"));
}

TEST(Plan, BytesThatAreNoTextStillGiveJson) {
  Plan plan = sample_plan();
  plan.graphs[0].segments[0].nodes[0].arguments[0].text = "\"gr\xfc\xdf\"";
  const Plan read = plan_from_cbor(plan_to_cbor(plan)).value();
  EXPECT_TRUE(plan_from_json(plan_to_json(read)));
}

TEST(Plan, DepthIsBoundedInBothEncodings) {
  EXPECT_EQ(plan_from_json(std::string(1'000'000, '[')).message(), "nested too deeply");
  EXPECT_EQ(plan_from_cbor(std::string(1'000'000, '\x81')).message(), "nested too deeply");
}

TEST(Plan, AbsurdSizesInCborTakeNoMemory) {
  EXPECT_FALSE(plan_from_cbor("\x9b\x7f\xff\xff\xff\xff\xff\xff\xff"));
  EXPECT_FALSE(plan_from_cbor("\x7b\x7f\xff\xff\xff\xff\xff\xff\xff"));
}

TEST(Plan, DamagedJsonIsAnErrorOrAPlan) {
  const std::string text = plan_to_json(sample_plan());
  for_each_truncation(text.substr(0, text.size() - 1),
                      [](const std::string& t) { EXPECT_FALSE(plan_from_json(t)); });
  for_random_flips(text, 5000, [](const std::string& t) {
    if (const auto read = plan_from_json(t)) {
      EXPECT_TRUE(plan_from_json(plan_to_json(read.value())));
    }
  });
}

TEST(Plan, DamagedCborIsAnErrorOrAPlan) {
  const std::string bytes = plan_to_cbor(sample_plan());
  for_each_truncation(bytes, [](const std::string& b) { EXPECT_FALSE(plan_from_cbor(b)); });
  for_random_flips(bytes, 20000, [](const std::string& b) {
    if (const auto read = plan_from_cbor(b)) {
      EXPECT_TRUE(plan_from_cbor(plan_to_cbor(read.value())));
    }
  });
}

TEST(Frame, FramesFollowEachOtherWithZerosBetween) {
  Plan other = sample_plan();
  other.source = "other.cpp";
  const std::string bytes = std::string(32, '\0') + encode_frame(sample_plan()) + std::string(48, '\0') +
                            encode_frame(other) + std::string(8, '\0');
  EXPECT_THAT(decode_frames(bytes).value(), ::testing::ElementsAre(sample_plan(), other));
}

TEST(Frame, EveryLengthIsAMultipleOfTheAlignment) {
  Plan plan = sample_plan();
  for (int i = 0; i < 40; ++i, plan.source += 'x') EXPECT_EQ(encode_frame(plan).size() % kFrameAlignment, 0u);
}

TEST(Frame, ANewerVersionIsToldBeforeItsChecksumIsLookedAt) {
  std::string bytes = encode_frame(sample_plan());
  bytes[8] = 3;
  bytes[40] = 'x';
  EXPECT_EQ(decode_frames(bytes).message(),
            "a plan of version 3, and this dflow reads up to version 1: use a newer dflow");
}

TEST(Frame, ACutFrameIsAnError) {
  const std::string bytes = encode_frame(sample_plan());
  const auto payload = 24 + plan_to_cbor(sample_plan()).size();
  for (std::size_t size = 1; size < payload; ++size)
    EXPECT_FALSE(decode_frames(bytes.substr(0, size))) << size;
  EXPECT_TRUE(decode_frames(bytes.substr(0, payload)));
}

TEST(Frame, AnyFlippedBitIsAnErrorWhicheverItIs) {
  const std::string bytes = encode_frame(sample_plan());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    EXPECT_FALSE(decode_frames(damaged)) << "bit " << bit;
  }
}

TEST(Frame, ADamagedPayloadWithARightChecksumIsAnErrorOrAPlan) {
  EXPECT_TRUE(decode_frames(frame_around(plan_to_cbor(sample_plan()))));
  for_random_flips(plan_to_cbor(sample_plan()), 5000,
                   [](const std::string& payload) { std::ignore = decode_frames(frame_around(payload)); });
  EXPECT_THAT(decode_frames(frame_around(std::string(100'000, '\x81'))).message(),
              HasSubstr("nested too deeply"));
}

TEST(Frame, AnAbsurdSizeIsNotFollowed) {
  std::string bytes = encode_frame(sample_plan());
  for (int i = 16; i < 24; ++i) bytes[i] = '\xff';
  EXPECT_THAT(decode_frames(bytes).message(), HasSubstr("it says 18446744073709551615 bytes"));
}

TEST(MergePlans, AGraphOfAHeaderStandsOnce) {
  Plan other = sample_plan();
  other.source = "other.cpp";
  other.graphs.push_back(other.graphs[0]);
  other.graphs[1].line = 99;
  const Plan merged = merge_plans({sample_plan(), other});
  EXPECT_EQ(merged.source, "app.cpp, other.cpp");
  ASSERT_EQ(merged.graphs.size(), 2u);
  EXPECT_EQ(merged.graphs[1].line, 99u);
}

TEST(MergePlans, AHeaderMayBeIncludedByDifferentWays) {
  Plan one = sample_plan(), other = sample_plan();
  one.graphs[0].file = "tests/lib.h";
  other.graphs[0].file = "tests/more/../lib.h";
  EXPECT_EQ(merge_plans({one, other}).graphs.size(), 1u);
  other.graphs[0].file = "tests/more/lib.h";
  EXPECT_EQ(merge_plans({one, other}).graphs.size(), 2u);
}

}  // namespace
}  // namespace dflow::formats
