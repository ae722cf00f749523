// Reads inputs that were kept, where libFuzzer is not linked: ./fuzz_NAME FILE_OR_FOLDER...
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void run(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  std::cerr << path.string() << std::endl;  // a crash comes right after its input's name
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int count, char** arguments) {
  int files = 0;
  for (int i = 1; i < count; ++i) {
    const std::filesystem::path path = arguments[i];
    if (!std::filesystem::is_directory(path)) {
      run(path), ++files;
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(path)) run(entry.path()), ++files;
  }
  std::cerr << files << " inputs\n";
  return files > 0 ? 0 : 1;
}
