#include "runtime/cluster/bundle.h"

#include <span>
#include <utility>

namespace dflow::cluster {

namespace {

/// Bytes that are written together. Less takes more memory a piece, more has whoever reads one piece read more.
constexpr std::size_t kEnough = 64 << 10;
/// In whose name those of several tasks are written.
constexpr core::TaskId kSeveral{};

}  // namespace

void LatelyRead::add(std::shared_ptr<const std::string> bytes) {
  const std::lock_guard lock(mutex_);
  last_[next_++ % last_.size()] = std::move(bytes);
}

Bundle::Bundle(std::shared_ptr<KeptBytes> kept, std::shared_ptr<LatelyRead> lately) : kept_(std::move(kept)), lately_(std::move(lately)) {}

Bundle::~Bundle() {
  if (ends_.empty()) return;
  (slot_ ? kept_->on_disk : kept_->in_memory) -= ends_.back();
}

std::uint32_t Bundle::add(const std::string& bytes) {
  const std::lock_guard lock(mutex_);
  kept_->in_memory += bytes.size();
  bytes_ += bytes;
  ends_.push_back(static_cast<std::uint32_t>(bytes_.size()));
  return static_cast<std::uint32_t>(ends_.size() - 1);
}

bool Bundle::is_full() const {
  const std::lock_guard lock(mutex_);
  return bytes_.size() >= kEnough;
}

Result<void> Bundle::write(SpillFile& file) {
  const std::lock_guard lock(mutex_);
  const std::array pieces{std::as_bytes(std::span(bytes_))};
  Result<std::shared_ptr<const SpillFile::Slot>> slot = file.write(kSeveral, core::Attempt{}, pieces);
  if (!slot) return slot.error();
  slot_ = std::move(slot).value();
  kept_->in_memory -= ends_.back();
  kept_->on_disk += ends_.back();
  std::string().swap(bytes_);  // what is assigned to a string leaves it its memory
  ends_.shrink_to_fit();
  return {};
}

std::size_t Bundle::size(std::uint32_t piece) const {
  const std::lock_guard lock(mutex_);
  return ends_[piece] - begin_of(piece);
}

Result<core::Payload> Bundle::read(std::uint32_t piece) const {
  const std::lock_guard lock(mutex_);
  const std::size_t begin = begin_of(piece), size = ends_[piece] - begin;
  if (!slot_) return core::Payload(std::make_shared<const std::string>(bytes_, begin, size));
  std::shared_ptr<const std::string> all = again_.lock();
  if (!all) {
    Result<core::Payload> got = read_back(*slot_, kSeveral, ends_.back());
    if (!got) return got;
    again_ = all = std::move(got).value();
    lately_->add(all);
  }
  return core::Payload(std::make_shared<const std::string>(*all, begin, size));
}

Result<core::Payload> read_back(const SpillFile::Slot& slot, core::TaskId task, std::size_t size) {
  std::string bytes(size, '\0');
  const Result<void> got = slot.read(task, core::Attempt{}, [&](transfer::Source& source) {
    source.read(std::as_writable_bytes(std::span(bytes)));
  });
  if (!got) return formats::Error{"what the scheduler keeps of it cannot be read back from its disk: " + slot.folder() + ": " + got.message()};
  return core::Payload(std::make_shared<const std::string>(std::move(bytes)));
}

}  // namespace dflow::cluster
