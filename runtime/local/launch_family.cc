#include <dflow/detail/launch_family.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace dflow::inline v0::detail {
namespace {

void* zeroed(std::size_t count, std::size_t size, std::size_t alignment) {
  count = std::max<std::size_t>(count, 1);
  void* memory = nullptr;
  if (alignment <= alignof(std::max_align_t)) {
    memory = std::calloc(count, size);
  } else if (count <= SIZE_MAX / size) {
    memory = std::aligned_alloc(alignment, count * size);
    if (memory) std::memset(memory, 0, count * size);
  }
  if (!memory) throw std::bad_alloc();
  return memory;
}

}  // namespace

TaskId size_of_box(const Index* extents, std::size_t dimensions) {
  TaskId result = 1;
  for (const Index* each = extents; each != extents + dimensions; ++each) {
    if (*each <= 0) return 0;
    if (result > kMostTasks / static_cast<TaskId>(*each)) throw std::bad_alloc();
    result *= static_cast<TaskId>(*each);
  }
  return result;
}

void FamilyStore::reserve(TaskId instances, std::size_t width, TaskId& next, const Layout& layout) {
  base = next;
  stride = width;
  if (width != 0 && instances > kMostTasks / width) throw std::bad_alloc();
  end = next += instances * width;
  if (next > kMostTasks) throw std::bad_alloc();
  const std::size_t tasks = instances * width;
  if (layout.count_size != 0) counts_ = zeroed(tasks, layout.count_size, layout.count_size);
  if (layout.value_size != 0) {
    if (wants_window(tasks, layout.value_size)) {
      window_ = new Window(base, tasks, layout.value_size, layout.alignment);
      return;
    }
    values_ = zeroed(tasks, layout.value_size, layout.alignment);
  }
  if (layout.counts_readers)
    readers_ = static_cast<std::atomic<std::uint32_t>*>(
        zeroed(tasks, sizeof(std::atomic<std::uint32_t>), alignof(std::atomic<std::uint32_t>)));
}

FamilyStore::~FamilyStore() {
  std::free(values_);
  std::free(counts_);
  std::free(readers_);
  delete window_;
}

}  // namespace dflow::inline v0::detail
