#include "formats/document.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdio>

#include "formats/graph_json.h"
#include "tests/formats/damage.h"
#include "tests/formats/elf_file.h"
#include "tests/formats/samples.h"

namespace dflow::formats {
namespace {

using testing::sample_plan;
using ::testing::StartsWith;

std::string recording_text() {
  const std::string path = ::testing::TempDir() + "dflow-document-" + std::to_string(::getpid());
  EXPECT_TRUE(write_recording(path, testing::sample_recording()));
  std::string text = read_file(path).value();
  std::remove(path.c_str());
  return text;
}

bool is_sample_plan(const std::string& bytes) {
  const auto document = read_document(bytes);
  EXPECT_TRUE(document) << document.message();
  return document && std::holds_alternative<Plan>(document.value()) &&
         std::get<Plan>(document.value()) == sample_plan();
}

TEST(Document, APlanIsKnownInEachEncoding) {
  EXPECT_TRUE(is_sample_plan(plan_to_json(sample_plan())));
  EXPECT_TRUE(is_sample_plan(plan_to_cbor(sample_plan())));
  EXPECT_TRUE(is_sample_plan(encode_frame(sample_plan())));
  EXPECT_TRUE(is_sample_plan(testing::elf_file({{".dflow", encode_frame(sample_plan())}})));
}

TEST(Document, ARecordingAndItsGraphsAreTold) {
  EXPECT_TRUE(std::holds_alternative<Recording>(read_document(recording_text()).value()));
  StringSink sink;
  write_graph_json(sink, label_recording(testing::sample_recording()).value());
  EXPECT_TRUE(std::holds_alternative<LabelledGraphs>(read_document(sink.text()).value()));
  EXPECT_TRUE(std::holds_alternative<LabelledGraphs>(read_document("{\"graphs\":[]}").value()));
}

TEST(Document, TheOrderOfKeysDoesNotMatter) {
  const auto plan = read_document(R"({"graphs":[], "version":1, "source":"x.cpp"})");
  EXPECT_TRUE(std::holds_alternative<Plan>(plan.value()));
  EXPECT_TRUE(std::holds_alternative<LabelledGraphs>(
      read_document(R"({"graphs":[{"edges":[],"tasks":[],"instance":0,"name":"f"}]})").value()));
}

TEST(Document, SomethingElseIsNamed) {
  EXPECT_EQ(read_document("").message(), "an empty file");
  EXPECT_EQ(read_document("hello").message(),
            "neither an ELF file, nor a plan, a recording or a graph as dflow writes them");
  EXPECT_THAT(read_document("{\"a\":").message(), StartsWith("neither a plan, a recording nor a graph: "));
  EXPECT_THAT(read_document("[]").message(), StartsWith("neither a plan, a recording nor a graph: "));
  EXPECT_THAT(read_document(recording_text().substr(0, 300)).message(),
              StartsWith("not a valid recording: "));
}

TEST(Document, DamageNeverCrashes) {
  for (const std::string& bytes :
       {recording_text(), plan_to_json(sample_plan()), plan_to_cbor(sample_plan())})
    testing::for_random_flips(bytes, 2000, [](const std::string& b) { std::ignore = read_document(b); });
}

}  // namespace
}  // namespace dflow::formats
